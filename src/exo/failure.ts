/** One sentence for every way a call can fail for good. Names the cmdlet and the fact; of the service's words only what nobody else can say. */
import { ExoError } from "./errors.ts";
import type { FailureKind, Remedy } from "./errors.ts";
import type { Situation } from "./decide.ts";
import { leastRole } from "./roles.ts";

export interface FailureChoice {
  readonly kind?: FailureKind;
  readonly remedy?: Remedy;
  readonly retryAfterMs?: number | undefined;
  readonly ambiguous?: boolean;
}

/** Kinds of the verdicts that name none. */
const KIND_OF: Readonly<Record<string, FailureKind>> = {
  throttled: "throttled",
  unauthorized: "unauthorized",
  forbidden: "forbidden",
};

/** `exo-protocol.md` 11 60. */
const SYNCHRONISED = /being synchronized from (your|the) on-premises/i;

export function failureOf(
  { call, outcome, requestId, settings }: Situation,
  {
    kind = KIND_OF[outcome.verdict.is] ?? "other",
    remedy = "give-up",
    retryAfterMs,
    ambiguous = false,
  }: FailureChoice,
): ExoError {
  const { facts } = outcome;
  const cause = causeOf(kind, remedy, call.cmdlet, facts, retryAfterMs ?? 0, settings.maxRetries);
  const message = ambiguous
    ? `Cannot tell whether ${call.cmdlet} was executed: ${cause}`
    : `Cannot run ${call.cmdlet}: ${cause}`;
  return new ExoError(message, {
    cmdlet: call.cmdlet,
    kind,
    remedy,
    status: facts.status,
    requestId,
    errorId: nameOnly(facts.errorId),
    exceptionType: nameOnly(facts.exceptionType),
    retryAfterMs,
    ambiguous,
  });
}

function causeOf(
  kind: FailureKind,
  remedy: Remedy,
  cmdlet: string,
  { status, words }: { readonly status: number | undefined; readonly words: string },
  retryAfterMs: number,
  maxRetries: number,
): string {
  const tries = `${maxRetries + 1} times`;
  const code = status === undefined ? "" : ` (${status})`;
  const said = words === "" ? `status ${status ?? "unknown"}` : `"${showable(words)}"`;
  switch (kind) {
    case "not-sent":
    case "network":
    case "timeout":
      return words === "" ? "the connection failed" : lowerFirst(showable(words));
    case "throttled":
      return "Exchange kept refusing it as too many requests";
    case "mailbox-busy":
      return `this mailbox is busy, Exchange asks to come back in ${Math.ceil(retryAfterMs / 1000)} s`;
    case "server-error":
    case "transient":
      return `Exchange failed${code}: ${said}`;
    case "unauthorized":
      return `Exchange does not accept the app's token${code}, not even a new one: check its Exchange.ManageAsApp permission and its role`;
    case "forbidden":
      return remedy === "denied"
        ? SYNCHRONISED.test(words)
          ? `it is synchronized from an on-premises directory, and has to be changed there${code}`
          : `the app may not do that to this object${code}`
        : `the app may not run it${code}: ${leastRole(cmdlet)} is the least role group that may`;
    case "not-found":
      return "the object was not found";
    case "ambiguous-identity":
      return "the identity matches several objects";
    case "cursor-expired":
      return "Exchange lost the place in the listing";
    case "malformed":
      return words === ""
        ? `the answer was missing, damaged or not Exchange's${code}, ${tries}`
        : `Exchange answered ${said}`;
    case "too-large":
      return `the answer or the request is too large${code}`;
    case "unsafe-link":
      return "Exchange named another address, which is never followed";
    case "bad-request":
      return `Exchange refused it: ${said}`;
    case "wrong-identity":
    case "incomplete":
    case "refused-here":
    case "stopped":
    case "other":
      return said;
  }
}

/** Of a call that was not sent and will not be. */
export function stopped({ cmdlet }: Pick<Situation["call"], "cmdlet">): ExoError {
  return new ExoError(`Cannot run ${cmdlet}: we were told to stop before it was sent`, {
    cmdlet,
    kind: "stopped",
    remedy: "stopped",
  });
}

const MOST_WORDS = 300;

/** One line without control characters, tokens, and the name of the domain controller, which changes with every call (`exo-protocol.md` 8.5). */
export function showable(words: string): string {
  return words
    .slice(0, 4 * MOST_WORDS)
    .replace(/\s+on '[^'\s]+\.[^'\s]+'/g, "")
    .replace(/\bbearer\s+\S+/gi, "bearer …")
    .replace(/\beyJ[\w-]{8,}(\.[\w-]*){0,2}/g, "…")
    .replace(/[\p{C}\s]+/gu, " ")
    .trim()
    .replace(/\.$/, "")
    .slice(0, MOST_WORDS);
}

/** Ids and .NET names go into records unread: anything else in their place is dropped. */
function nameOnly(text: string): string | undefined {
  return /^[\w.+`]{1,200}$/.test(text) ? text : undefined;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
