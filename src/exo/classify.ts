/**
 * What a reply means: one table, read from top to bottom, first match wins (`exo-protocol.md` 8 and 13). Pure, total: every reply gets a verdict.
 * It says what happened, not what to do about it: that is `decide.ts`.
 */
import type { NetworkError } from "../network/index.ts";
import type { Body } from "./body.ts";
import { decodeEnvelope, decodeResource } from "./decode.ts";
import type { Envelope } from "./decode.ts";
import type { FailureKind, Remedy } from "./errors.ts";
import { readServiceError } from "./service-error.ts";
import type { ServiceError } from "./service-error.ts";
import type { Classified, FailureFacts, FaultKind, Reply, ReplyContext, Verdict } from "./verdict.ts";

/** What the rules look at. */
interface Seen {
  readonly status: number;
  readonly body: Body;
  readonly error: ServiceError | undefined;
  readonly envelope: Envelope | undefined;
  readonly words: string;
  readonly context: ReplyContext;
  /** One of the error's .NET names ends with one of these. */
  readonly is: (names: readonly string[]) => boolean;
}

interface Rule {
  readonly name: string;
  readonly when: (seen: Seen) => boolean;
  readonly means: (seen: Seen) => Verdict;
}

const CONCURRENCY = /maximum number of concurrent requests per tenant/i;
const PAGINATION = /expired or invalid pagination request/i;
const NOT_ALLOWED =
  /is not allowed to call|is not present in the role definition of the current user|isn't supported in this scenario/i;
const WRITE_SCOPE = /out of the current user's write scope|being synchronized from (your|the) on-premises/i;
const AMBIGUOUS = /matches multiple entries|multiple recipients matching/i;
const TOO_MANY_CALLS = /\b(too many|too large|exceed|maximum|at most|limit|size)/i;

const THROTTLED = ["OverBudgetException", "ThrottlingException", "TooManyRequestsException"];
/** `exo-protocol.md` 8.5: they pass, under any status. Said before any work is begun. */
const TURNED_AWAY = ["DCOverloadedException", "ServerInMMException", "ADServerSettingsChangedException"];
/** They pass too, but may be said in the middle of the work, or by what stands between us and it. */
const TRANSIENT = [
  "TransientException",
  "SuitabilityDirectoryException",
  "BackendCommunicationException",
  "BackEndLocatorException",
  "CmdletProxyNotAvailableFailure",
  "ServerBusyException",
  "InvalidDataException",
  "UnableToWriteToAadException",
];
const NOT_FOUND = ["ManagementObjectNotFoundException", "ADNoSuchObjectException"];
const AMBIGUOUS_TYPES = ["ManagementObjectAmbiguousException"];
const NO_PERMISSION = ["InsufficientPermissionsException"];

const fault =
  (kind: FaultKind, executed: "no" | "unknown" = "unknown"): (() => Verdict) =>
  () => ({
    is: "fault",
    kind,
    executed,
  });
const refused =
  (kind: FailureKind, remedy: Remedy): (() => Verdict) =>
  () => ({ is: "refused", kind, remedy });
const plainly =
  (verdict: Verdict): (() => Verdict) =>
  () =>
    verdict;

const NO_ROWS: Envelope = {
  rows: [],
  warnings: [],
  errors: [],
  next: undefined,
  truncated: false,
  asksConfirmation: false,
};

const RULES: readonly Rule[] = [
  {
    name: "concurrency text, under any status",
    when: ({ words }) => CONCURRENCY.test(words),
    means: plainly({ is: "throttled", by: "slot" }),
  },
  {
    name: "429, or an error that says so",
    when: ({ status, error, is }) => status === 429 || error?.code === "TooManyRequests" || is(THROTTLED),
    means: plainly({ is: "throttled", by: "budget" }),
  },
  {
    name: "body cut off or damaged",
    when: ({ body, status }) => body.kind === "broken" && status !== 401 && status !== 403,
    means: ({ body }) =>
      fault(body.kind === "broken" && body.why === "too-large" ? "too-large" : "malformed")(),
  },
  {
    name: "object outside our write scope",
    when: ({ error, words, status }) => error !== undefined && status < 500 && WRITE_SCOPE.test(words),
    means: refused("forbidden", "denied"),
  },
  {
    name: "cmdlet not in our role, by its words",
    when: ({ error, words, is, status }) =>
      error !== undefined && status < 500 && (NOT_ALLOWED.test(words) || is(NO_PERMISSION)),
    means: plainly({ is: "forbidden" }),
  },
  { name: "401", when: ({ status }) => status === 401, means: plainly({ is: "unauthorized" }) },
  { name: "403", when: ({ status }) => status === 403, means: plainly({ is: "forbidden" }) },
  {
    name: "page cursor lost, by its words",
    when: ({ error, words }) => error !== undefined && PAGINATION.test(words),
    means: plainly({ is: "cursor-lost" }),
  },
  {
    name: "turned away before any work, under any status",
    when: ({ is }) => is(TURNED_AWAY) && !is(TRANSIENT),
    means: fault("transient", "no"),
  },
  {
    name: "transient exception, under any status",
    when: ({ error, is, words }) =>
      is(TRANSIENT) || (error !== undefined && /issue may be transient/i.test(words)),
    means: fault("transient"),
  },
  {
    name: "5xx or 408, of Exchange or of something in between",
    when: ({ status }) => status >= 500 || status === 408,
    means: fault("server-error"),
  },
  {
    name: "batch refused as a whole",
    when: ({ status, context }) => context.batch && status >= 400,
    means: ({ status, words }) => ({
      is: "batch-refused",
      tooLarge: status === 413 || TOO_MANY_CALLS.test(words),
    }),
  },
  {
    name: "not found in the middle of a listing",
    when: ({ status, context, is }) => context.continuation && (status === 404 || is(NOT_FOUND)),
    means: plainly({ is: "cursor-lost" }),
  },
  {
    name: "ambiguous identity",
    when: ({ error, words, is }) => is(AMBIGUOUS_TYPES) || (error !== undefined && AMBIGUOUS.test(words)),
    means: refused("ambiguous-identity", "give-up"),
  },
  {
    // The set as a whole is no object of the tenant's: its address is wrong, or its answer.
    name: "404 for a listing of a resource",
    when: ({ status, context }) => status === 404 && context.resource === "listing",
    means: fault("malformed"),
  },
  {
    name: "object not found",
    when: ({ status, error, is }) =>
      is(NOT_FOUND) || (status === 404 && error !== undefined && error.code !== ""),
    means: refused("not-found", "gone"),
  },
  {
    // Nobody who knows the tenant's objects said this: a wrong address must not make every mailbox look deleted.
    name: "404 without an answer of Exchange",
    when: ({ status }) => status === 404,
    means: fault("malformed"),
  },
  {
    name: "request too large",
    when: ({ status }) => status === 413 || status === 414 || status === 431,
    means: refused("too-large", "give-up"),
  },
  {
    name: "any other refusal",
    when: ({ status, error }) => status >= 400 || error !== undefined,
    means: refused("bad-request", "give-up"),
  },
  {
    name: "not a success and not an error",
    when: ({ status }) => status < 200 || status >= 300,
    means: fault("malformed"),
  },
  {
    name: "nothing in the middle of a listing",
    when: ({ context, body, envelope }) =>
      context.continuation &&
      (body.kind === "empty" ||
        body.kind === "nul" ||
        (envelope !== undefined && envelope.rows === undefined)),
    means: plainly({ is: "cursor-lost" }),
  },
  {
    // Only a single thing may be nothing, and says so by its status.
    name: "resource without a body",
    when: ({ body, status, context }) =>
      context.resource !== undefined &&
      body.kind === "empty" &&
      !(context.resource === "one" && status === 204),
    means: fault("malformed"),
  },
  {
    name: "success without a body",
    when: ({ body, context }) => body.kind === "empty" && !context.batch,
    means: plainly({ is: "rows", envelope: NO_ROWS }),
  },
  {
    name: "asks for a confirmation",
    when: ({ envelope }) => envelope?.asksConfirmation === true,
    means: refused("bad-request", "give-up"),
  },
  {
    name: "rows",
    when: ({ envelope, context }) => envelope !== undefined && !context.batch,
    means: ({ envelope }) => ({ is: "rows", envelope: envelope ?? NO_ROWS }),
  },
];

const NOT_UNDERSTOOD: Rule = { name: "not understood", when: () => true, means: fault("malformed") };

/** Statuses of error words, for errors that come with a success. */
const STATUS_OF: Readonly<Record<string, number>> = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  TooManyRequests: 429,
  InternalServerError: 500,
  ServiceUnavailable: 503,
  GatewayTimeout: 504,
};

export function classify(reply: Reply, context: ReplyContext): Classified {
  const { body } = reply;
  const error = body.kind === "json" ? readServiceError(body.value) : undefined;
  const success = reply.status >= 200 && reply.status < 300;
  const status = success && error !== undefined ? (STATUS_OF[error.code] ?? 400) : reply.status;
  const header = reply.headers["x-exceptiontype"] ?? "";
  const types = [...(error?.types ?? []), error?.code ?? "", success ? "" : header];
  const words = body.kind === "text" ? body.text : (error?.words ?? "");
  const seen: Seen = {
    status,
    body,
    error,
    envelope: body.kind === "json" && error === undefined ? envelopeOf(body.value, context) : undefined,
    words,
    context,
    is: (names) => types.some((type) => names.some((name) => type.endsWith(name))),
  };
  const rule = RULES.find(({ when }) => when(seen)) ?? NOT_UNDERSTOOD;
  return {
    verdict: rule.means(seen),
    rule: rule.name,
    facts: {
      status: reply.status,
      errorId: error?.errorId ?? "",
      exceptionType: error?.type ?? header,
      words: error?.text ?? "",
    },
  };
}

function envelopeOf(value: unknown, { resource }: ReplyContext): Envelope | undefined {
  return resource === undefined ? decodeEnvelope(value) : decodeResource(value, resource === "one");
}

/** A request that got no answer. What had begun to leave may have been executed. */
export function classifyFailure({ kind, sent, message }: NetworkError): Classified {
  const facts: FailureFacts = { status: undefined, errorId: "", exceptionType: "", words: message };
  const executed = sent ? "unknown" : "no";
  switch (kind) {
    case "certificate":
    case "proxy":
      return {
        verdict: { is: "refused", kind: "not-sent", remedy: "pause-run" },
        rule: `network: ${kind}`,
        facts,
      };
    case "timeout":
    case "too-large":
      return { verdict: { is: "fault", kind, executed }, rule: `network: ${kind}`, facts };
    case "not-sent":
    case "lost":
    case "aborted": {
      const fault = sent ? "network" : "not-sent";
      return { verdict: { is: "fault", kind: fault, executed }, rule: `network: ${kind}`, facts };
    }
  }
}

const NO_FACTS: FailureFacts = { status: undefined, errorId: "", exceptionType: "", words: "" };

/** An item of a batch that is missing, came twice, or cannot be read: its fate is unknown, whatever the others say. */
export const LOST_ITEM: Classified = {
  verdict: { is: "fault", kind: "malformed", executed: "unknown" },
  rule: "item missing, doubled or unreadable",
  facts: NO_FACTS,
};

/** A redirect to where no bearer may go. */
export const REDIRECT_REFUSED: Classified = {
  verdict: { is: "refused", kind: "unsafe-link", remedy: "pause-run" },
  rule: "redirect to elsewhere",
  facts: NO_FACTS,
};
