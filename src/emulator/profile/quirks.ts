/** The quirks of the service, each with its number in `exo-protocol.md` 11 and its switch. */
import type { DataQuirk } from "../organisation/index.ts";

interface Quirk {
  /** Number in `exo-protocol.md` 11, or the section that states it; `F12` and its like are the families of `reliability-ux-security.md` A.5. */
  readonly fact: string;
  readonly says: string;
  /** As it is unless a profile says otherwise: a switch, a rate in [0, 1], an amount, or a form. */
  readonly value: boolean | number | string;
  /** The forms a text quirk can take. */
  readonly forms?: readonly string[];
  /** A number that is not a rate. */
  readonly amount?: true;
  /** A text of any form. */
  readonly free?: true;
  /** Played by the organisation, under this name of its own. */
  readonly data?: DataQuirk;
}

function data(fact: string, name: DataQuirk, says: string) {
  return { fact, says, value: true, data: name } as const;
}

/** The ways a reply gets lost. */
export const LOST_FORMS = [
  "dropped",
  "reset",
  "timeout",
  "gateway-timeout",
  "truncated",
  "missing-item",
] as const;
export type LostForm = (typeof LOST_FORMS)[number];

export const QUIRKS = {
  anchorBoundPaging: {
    fact: "1",
    says: "a cursor works only with the anchor and connection-id it was made for",
    value: true,
  },
  cursorLifetimeSeconds: {
    fact: "2",
    says: "a cursor older than this is expired (real seconds)",
    value: 300,
    amount: true,
  },
  postOnlyContinuation: {
    fact: "3",
    says: "a continuation by GET or with another body is refused",
    value: true,
  },
  defaultPageRows: {
    fact: "4",
    says: "rows of a page when no Prefer asks for more",
    value: 100,
    amount: true,
  },
  oversizePage: {
    fact: "6.1",
    says: "what a page size over 1000 gets",
    value: "clamp",
    forms: ["clamp", "reject"],
  },
  truncationWarning: { fact: "5", says: "a page with rows remaining carries a warning", value: true },
  truncationWarningOnUnlimited: {
    fact: "6.2",
    says: "the same warning also with ResultSize Unlimited",
    value: false,
  },
  unrelatedWarnings: { fact: "6", says: "successes that carry a warning about something else", value: 0.02 },
  noOutput: {
    fact: "8",
    says: "the reply of a cmdlet without output",
    value: "empty-list",
    forms: ["empty-list", "no-value", "null-value", "empty-body", "no-content", "rotate"],
  },
  denialBody: {
    fact: "9",
    says: "body of a 403: NUL bytes labelled gzip, JSON, or nothing",
    value: "nul",
    forms: ["nul", "json", "empty"],
  },
  unauthorizedBody: {
    fact: "2.3",
    says: "body of a 401: nothing, or the JSON of the resource endpoints",
    value: "empty",
    forms: ["empty", "json"],
  },
  mislabelledGzip: { fact: "10", says: "plain JSON errors labelled gzip", value: 0.1 },
  genericMessage: {
    fact: "11",
    says: "error.message says nothing; the truth is in the details",
    value: true,
  },
  detailEncodings: {
    fact: "12",
    says: "how the details of an error are written",
    value: "rotate",
    forms: ["rotate", "pipe", "pipe-without-id", "json", "missing"],
  },
  changingControllers: { fact: "13", says: "every error names another domain controller", value: true },
  proxyWrapping: { fact: "14", says: "not-found errors wrapped in a CmdletProxyException", value: 0.01 },
  notFoundAs400: { fact: "15", says: "not-found errors that come as 400", value: 0.1 },
  transientOn400: { fact: "16", says: "reads that fail once with a transient name on a 400", value: 0.002 },
  transientOn500: { fact: "17", says: "reads that fail with a 500 ADTransientException", value: 0.001 },
  gatewayErrors: {
    fact: "17",
    says: "requests of reads answered 502, 503 or 504 with HTML or nothing",
    value: 0.001,
  },
  fractionalRetryAfter: { fact: "18", says: "Retry-After with a fraction", value: 0.2 },
  missingRetryAfter: { fact: "18", says: "429 without the Retry-After it would have had", value: 0.02 },
  plainTextThrottle: { fact: "18", says: "429 whose body is plain text", value: 0.2 },
  concurrencyStatus: {
    fact: "19",
    says: "status of the concurrency text",
    value: "429",
    forms: ["429", "503", "500"],
  },
  rateHeadersMissing: { fact: "20", says: "servers that send no Rate-Limit headers", value: 0.1 },
  claimsChallenge: {
    fact: "23",
    says: "requests answered 401 with claims; the token is dead from then on",
    value: 0.0002,
  },
  tokenLifetimeSeconds: { fact: "23", says: "life of a token (real seconds)", value: 3600, amount: true },
  secretExpired: {
    fact: "2.1",
    says: "no token for the app's secret any more (AADSTS7000222)",
    value: false,
  },
  rolePropagationSeconds: {
    fact: "24",
    says: "how long a granted role does not show, also in new tokens (real seconds)",
    value: 0,
    amount: true,
  },
  frontDoor: {
    fact: "25",
    says: "redirects to a region host with an affinity cookie",
    value: "none",
    forms: ["none", "redirect", "two-hops", "loop"],
  },
  shuffledBatch: { fact: "26", says: "batch items answered in any order", value: true },
  partialBatchFailure: {
    fact: "27",
    says: "failed items inside a 200; off: the first failure is the status of all",
    value: true,
  },
  wholeBatchFailure: { fact: "28", says: "batches of reads answered 503 as a whole", value: 0.001 },
  pagedBatchItems: {
    fact: "29",
    says: "listings inside a batch are paged; off: answered whole",
    value: true,
  },
  maxBatchItems: { fact: "30", says: "a larger batch is a 400", value: 20, amount: true },
  multipartBatch: { fact: "31", says: "batch replies as multipart/mixed", value: false },
  emptyTargets: { fact: "32", says: "details.target is empty", value: true },
  missingItems: { fact: "33", says: "reads in a batch without any answer", value: 0.0002 },
  nullItems: { fact: "33", says: "reads in a batch whose answer is null", value: 0.0002 },
  annotations: { fact: "44", says: "type annotations beside the values", value: true },
  typedHashtables: { fact: "52", says: "a hashtable without @odata.type is refused", value: true },
  strictCharset: { fact: "53", says: "a body that is not UTF-8 is refused", value: true },
  shuffledPages: { fact: "55", says: "rows of a page in any order", value: true },
  repeatedSeamRow: {
    fact: "55",
    says: "pages that begin with a row of the page before",
    value: 0.2,
  },
  midPagingErrors: {
    fact: "56",
    says: "continuations answered 404 or with an empty body, once each",
    value: 0.0005,
  },
  longRunning: { fact: "57", says: "calls that take minutes", value: 0 },
  executionLimitSeconds: {
    fact: "57",
    says: "a call that runs longer ends as a 504",
    value: 900,
    amount: true,
  },
  errorInSuccess: { fact: "63", says: "reads answered 200 with an error in the envelope", value: 0 },
  discovery: {
    fact: "1.3",
    says: "what a caller gets who asks for the cmdlets it may run; `silent`: no answer ever",
    value: "list",
    forms: ["list", "empty", "unavailable", "silent"],
  },
  trusteeNames: {
    fact: "10.5",
    says: "Send As read as a resource: trustees shown by their display name only",
    value: 0.05,
  },
  clientSideCmdletsRefused: { fact: "64", says: "Get-EXO* through InvokeCommand is a 403", value: true },
  confirmHandshake: { fact: "65", says: "Confirm:true only asks and does nothing", value: true },
  escapedUnicode: { fact: "4.6", says: "text outside ASCII written as \\u escapes", value: true },
  gzipReplies: { fact: "3.1", says: "replies over 1 KB compressed when the caller accepts it", value: 0.25 },
  noOpWarnings: data("7", "no-op-warnings", "a write that changes nothing says so in a warning"),
  joinedRights: data("34", "comma-joined-rights", "several access rights in one element, joined by commas"),
  doubledSelf: data("35", "doubled-self", "some mailboxes have two SELF rows"),
  stringBooleans: data("36", "string-booleans", "Deny as text in some mailboxes"),
  twinIdentities: data("37", "twin-identities", "an identity that also returns the rows of a longer one"),
  hostileNames: data("37", "hostile-names", "names with quotes, pipes, markup and control characters"),
  renamedRecipients: data("37", "renamed-recipients", "rows that name a recipient by its old name"),
  emptyIdentityIsAll: data("38", "empty-identity-is-all", "an empty Identity returns everything"),
  delegatesAsNames: data("39", "delegates-as-names", "delegates on behalf as names or GUIDs"),
  orphanedSids: data("40", "orphaned-sids", "deleted trustees as raw SIDs"),
  denyEntries: data("41", "deny-entries", "deny entries that only a removal with Deny removes"),
  legacyEntries: data(
    "42",
    "legacy-entries",
    "inherited and system rows of older tenants: in a few mailboxes, in all with the option `legacy`",
  ),
  bigRuleIdentity: data("43", "big-rule-identity", "integers beyond 2^53 as bare numbers"),
  storedCasing: data("46", "stored-casing", "addresses in the casing they were stored with"),
  absentProperties: data("47", "absent-properties", "properties that are absent, null or empty"),
  localisedFolders: data("48", "localised-folders", "folder names in the language of the mailbox"),
  enumPrefixes: data("50", "enum-prefixes", "the beginning of an enum member is taken for it"),
  pageSizeZero: data("51", "page-size-zero", "PageSize 0 gives no rows and no error"),
  ambiguousIdentity: data("54", "ambiguous-identity", "an identity of several objects is refused by writes"),
  wildcardErrors: data("58", "wildcard-errors", "a sweep over all mailboxes has rows and errors"),
  softDeletedIdentities: data("59", "soft-deleted-identities", "soft-deleted names, one with a newline"),
  dirSyncedRefusals: data("60", "dir-synced-refusals", "synchronised objects refuse writes"),
  writeLagSeconds: {
    fact: "49",
    says: "how long a write stays unseen on other connections (model seconds)",
    value: 20,
    amount: true,
  },
  staleEverywhereSeconds: {
    fact: "F22",
    says: "how long a write stays unseen on every connection, its own too (model seconds)",
    value: 0,
    amount: true,
  },
  lostWriteReply: { fact: "F12", says: "writes that are executed and whose reply is lost", value: 0 },
  lostWriteRequest: {
    fact: "F14",
    says: "writes that are not executed, with the same symptoms",
    value: 0,
  },
  lateWrite: {
    fact: "F13",
    says: "writes that are executed `lateWriteSeconds` after their reply was lost, with the same symptoms",
    value: 0,
  },
  lateWriteSeconds: { fact: "F13", says: "how late they are (real seconds)", value: 5, amount: true },
  lostWriteForm: {
    fact: "F12",
    says: "how the reply of a write is lost",
    value: "rotate",
    forms: ["rotate", ...LOST_FORMS],
  },
  missingWriteItems: { fact: "F16", says: "writes in a batch without any answer", value: 0 },
  doubledWriteItems: { fact: "F16", says: "writes in a batch that are answered twice", value: 0 },
  swappedWriteItems: {
    fact: "F16",
    says: "writes in a batch that trade ids with their neighbour",
    value: 0,
  },
  foreignWriteItems: {
    fact: "F16",
    says: "writes in a batch that are answered under an id nobody sent",
    value: 0,
  },
  faultyWrites: {
    fact: "A.5",
    says: "cmdlets whose writes the rates of F12 to F16 strike, with commas; empty: all",
    value: "",
    free: true,
  },
  faultyWritesOnce: {
    fact: "A.5",
    says: "the same write is struck once at most, however often it is sent",
    value: false,
  },
} as const satisfies Readonly<Record<string, Quirk>>;

export type QuirkName = keyof typeof QUIRKS;

type Widened<T> = T extends boolean ? boolean : T extends number ? number : string;

/** The value of every quirk. */
export type Quirks = { readonly [Name in QuirkName]: Widened<(typeof QUIRKS)[Name]["value"]> };

/** Every quirk as the table has it. */
export function defaultQuirks(): Quirks {
  return Object.fromEntries(Object.entries(QUIRKS).map(([name, quirk]) => [name, quirk.value])) as Quirks;
}

/** Everything polite: no rates, no forms but the plainest. For tests that look at one thing. */
export function politeQuirks(): Quirks {
  const polite = Object.entries(QUIRKS).map(([name, quirk]: [string, Quirk]) => [
    name,
    typeof quirk.value === "number" && !quirk.amount ? 0 : quirk.value,
  ]);
  return {
    ...(Object.fromEntries(polite) as Quirks),
    shuffledBatch: false,
    shuffledPages: false,
    detailEncodings: "pipe",
  };
}

/** Our names of the organisation's quirks, by its own names. */
export function dataQuirkNames(): ReadonlyMap<string, QuirkName> {
  return new Map(
    Object.entries(QUIRKS).flatMap(([name, quirk]: [string, Quirk]) =>
      quirk.data === undefined ? [] : [[quirk.data, name as QuirkName] as const],
    ),
  );
}

/** What is wrong with a quirk's new value; undefined when nothing is. */
export function quirkMistake(name: string, value: unknown): string | undefined {
  const quirk = (QUIRKS as Readonly<Record<string, Quirk>>)[name];
  if (!quirk) return `quirks.${name}: unknown quirk`;
  if (quirk.forms) {
    if (typeof value === "string" && quirk.forms.includes(value)) return undefined;
    return `quirks.${name}: expected one of ${quirk.forms.join(", ")}`;
  }
  if (quirk.free) return typeof value === "string" ? undefined : `quirks.${name}: expected a text`;
  if (typeof value !== typeof quirk.value) return `quirks.${name}: expected a ${typeof quirk.value}`;
  if (typeof value === "number" && !(value >= 0 && (quirk.amount || value <= 1)))
    return `quirks.${name}: expected ${quirk.amount ? "a number from 0" : "a rate from 0 to 1"}`;
  return undefined;
}
