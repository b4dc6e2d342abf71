/** Error bodies as recorded or described in `exo-protocol.md` 8, for tests to replay. */

const ODATA = "Microsoft.Exchange.Admin.OData.Core.ODataServiceException";

/** Shape A: pipe format in the details, everything else generic. */
export function pipeError(code: string, type: string, text: string, errorId = ""): object {
  return {
    error: {
      code,
      message: "Error executing cmdlet",
      details: [{ code: "Client", target: "", message: `${errorId}|${type}|${text}` }],
      innererror: {
        message: "Error executing cmdlet",
        type: ODATA,
        stacktrace: "   at Microsoft.Exchange.Admin",
        internalexception: {
          message:
            "Exception of type 'Microsoft.Exchange.Management.PSDirectInvoke.DirectInvokeCmdletExecutionException' was thrown.",
          type: "Microsoft.Exchange.Management.PSDirectInvoke.DirectInvokeCmdletExecutionException",
          stacktrace: "",
        },
      },
      "adminapi.warnings@odata.type": "#Collection(String)",
      "@adminapi.warnings": [],
    },
  };
}

/** Shape B: JSON inside the message of a detail. */
export function jsonError(code: string, type: string, text: string): object {
  const message = JSON.stringify({ Message: text, TypeName: type, StackTrace: null, InnerError: null });
  return {
    error: {
      code,
      message: "Error executing cmdlet",
      details: [{ code: "Context", target: "", message }],
      innererror: { message: "Error executing cmdlet", type: "ODataServiceException" },
    },
  };
}

/** Shape C: the binder and paging; the truth is in the internal exception. */
export function invalidOperation(type: string, text: string): object {
  return {
    error: {
      code: "BadRequest",
      message: "Invalid Operation",
      innererror: {
        message: "Invalid Operation",
        type: ODATA,
        stacktrace: "",
        internalexception: { message: text, type, stacktrace: "" },
      },
    },
  };
}

/** Shape D: plain OData. */
export function plainError(code: string, message: string, type = ODATA): object {
  return { error: { code, message, innererror: { message, type } } };
}

const NOT_FOUND_TYPE = "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException";
const NOT_FOUND_TEXT =
  "The operation couldn't be performed because object 'x' couldn't be found on 'AM0PR04A005DC02.EURPR04A005.PROD.OUTLOOK.COM'.";

export const notFound = (): object => pipeError("NotFound", NOT_FOUND_TYPE, NOT_FOUND_TEXT, "Ex6F9304");

/** A cross-forest proxy that carries the whole inner error in its own text. */
export const proxiedNotFound = (): object =>
  pipeError(
    "BadRequest",
    "Microsoft.Exchange.Configuration.CmdletProxyException",
    `Error on proxy command 'Get-Mailbox -Identity:x' to server a.prod.outlook.com: Server version 15.20, Proxy method PSWS:  NotFound: Error executing cmdlet : ${JSON.stringify(notFound())} [Server=A,RequestId=b,TimeStamp=c] .`,
  );

export const expiredCursor = (): object =>
  invalidOperation(
    "System.Exception",
    "Expired or Invalid pagination request. Default Expiry time is 00:30:00",
  );

export const CONCURRENCY =
  "You have reached the maximum number of concurrent requests per tenant. Please wait and try again";

export const TRUNCATED =
  "There are more results available than are currently displayed. To view them, increase the value for the ResultSize parameter.";

/** Recorded in 2015 (`exo-protocol.md` 9.3). */
export const MICRO_DELAY =
  "Micro delay applied. Actual delayed: 21956 msecs, Enforced: True, Capped delay: 21956 msecs, Required: False, Additional info: PolicyDN: x; Snapshot: Owner: Sid~x~PowerShell~false BudgetType: PowerShell ActiveRunspaces: 0/20 Balance: -1608289/2160000/-3000000 Locked: False";
