/** Error bodies in the four shapes of `exo-protocol.md` 8.1 to 8.4. */
import { jsonText } from "./encode.ts";
import type { FailureText } from "./failures.ts";

const ODATA = "Microsoft.Exchange.Admin.OData.Core.ODataServiceException";
const DIRECT = "Microsoft.Exchange.Management.PSDirectInvoke.DirectInvokeCmdletExecutionException";

/** How the details are written (quirk 12). */
export type DetailEncoding = "pipe" | "pipe-without-id" | "json" | "missing";

export interface ErrorStyle {
  readonly encoding: DetailEncoding;
  /** error.message says nothing. */
  readonly generic: boolean;
  /** Text of details.target. */
  readonly target: string;
  readonly escapedUnicode: boolean;
}

/** Word for a status, as `error.code` has it. */
export function codeOf(status: number): string {
  const words: Readonly<Record<number, string>> = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    429: "TooManyRequests",
    500: "InternalServerError",
    502: "BadGateway",
    503: "ServiceUnavailable",
    504: "GatewayTimeout",
  };
  return words[status] ?? "BadRequest";
}

const WARNINGS = '"adminapi.warnings@odata.type":"#Collection(String)","@adminapi.warnings":[]';

/** The body of a failed cmdlet. @param status may differ from the failure's own (quirk 15) */
export function failureBody(failure: FailureText, status: number, style: ErrorStyle): string {
  const say = (text: string): string => jsonText(text, style.escapedUnicode);
  if (failure.shape === "invalid-operation") return invalidOperationBody(failure, style);
  const message = style.generic ? "Error executing cmdlet" : failure.text;
  const detail = (code: string, text: string): string =>
    `"details":[{"code":"${code}","target":${say(style.target)},"message":${say(text)}}],`;
  const details = {
    pipe: () => detail("Client", `${failure.errorId}|${failure.type}|${failure.text}`),
    "pipe-without-id": () => detail("Client", `|${failure.type}|${failure.text}`),
    json: () =>
      detail(
        "Context",
        JSON.stringify({ Message: failure.text, TypeName: failure.type, StackTrace: null, InnerError: null }),
      ),
    missing: () => "",
  }[style.encoding]();
  // Without details the truth has moved to the inner exception.
  const inner =
    style.encoding === "missing"
      ? { text: failure.text, type: failure.type }
      : { text: `Exception of type '${DIRECT}' was thrown.`, type: DIRECT };
  return (
    `{"error":{"code":"${codeOf(status)}","message":${say(message)},${details}` +
    `"innererror":{"message":${say(message)},"type":"${ODATA}","stacktrace":"   at Microsoft.Exchange.Admin.OData.Core.ODataServiceException.Throw()",` +
    `"internalexception":{"message":${say(inner.text)},"type":"${inner.type}","stacktrace":""}},${WARNINGS}}}`
  );
}

function invalidOperationBody(failure: FailureText, style: ErrorStyle): string {
  const say = (text: string): string => jsonText(text, style.escapedUnicode);
  const message = style.generic ? "Invalid Operation" : failure.text;
  const details = failure.details
    ? `"details":[{"code":"Context","target":${say(style.target)},"message":${say(`|${failure.type}|${failure.text}`)}}],`
    : "";
  return (
    `{"error":{"code":"BadRequest","message":${say(message)},${details}` +
    `"innererror":{"message":${say(message)},"type":"${ODATA}","stacktrace":"",` +
    `"internalexception":{"message":${say(failure.text)},"type":"${failure.type}","stacktrace":""}},${WARNINGS}}}`
  );
}

/** The body of every cursor that is not, or no longer, good (6.4). */
export function paginationBody(): string {
  return (
    '{"error":{"code":"BadRequest","message":"Invalid Operation",' +
    `"innererror":{"message":"Invalid Operation","type":"${ODATA}","stacktrace":"",` +
    '"internalexception":{"message":"Expired or Invalid pagination request. Default Expiry time is 00:30:00","type":"System.Exception","stacktrace":""}}}}'
  );
}

/** Shape D: a plain OData error. */
export function plainBody(status: number, message: string, type: string = ODATA): string {
  const text = jsonText(message, true);
  return `{"error":{"code":"${codeOf(status)}","message":${text},"innererror":{"message":${text},"type":"${type}"}}}`;
}

/** A refusal for load. */
export function throttledBody(message: string): string {
  return `{"error":{"code":"TooManyRequests","message":${JSON.stringify(message)}}}`;
}

/** A not-found error of another forest, wrapped once more by the proxy in between (quirk 14). */
export function wrapInProxy(
  failure: FailureText,
  inner: string,
  place: {
    readonly cmdlet: string;
    readonly server: string;
    readonly requestId: string;
    readonly date: string;
  },
): FailureText {
  return {
    ...failure,
    errorId: "",
    type: "Microsoft.Exchange.Configuration.CmdletProxyException",
    text: `Error on proxy command '${place.cmdlet} -Identity' to server ${place.server}: Server version 15.20.8901.0000, Proxy method PSWS:  NotFound: Error executing cmdlet : ${inner} [Server=${place.server.split(".")[0]},RequestId=${place.requestId},TimeStamp=${place.date}] .`,
  };
}
