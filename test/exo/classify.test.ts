import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { bodyOf } from "../../src/exo/body.ts";
import type { Body } from "../../src/exo/body.ts";
import { classify, classifyFailure } from "../../src/exo/classify.ts";
import type { Classified, ReplyContext } from "../../src/exo/verdict.ts";
import { NetworkError } from "../../src/network/index.ts";
import type { NetworkFailure } from "../../src/network/index.ts";
import {
  CONCURRENCY,
  expiredCursor,
  invalidOperation,
  jsonError,
  notFound,
  pipeError,
  plainError,
  proxiedNotFound,
} from "./support/replies.ts";
import { envelope } from "./support/wire-server.ts";

const ITEM = { continuation: false, batch: false };
const PAGE = { continuation: true, batch: false };
const BATCH = { continuation: false, batch: true };
const LISTING = { ...ITEM, resource: "listing" } as const;

function body(of: unknown): Body {
  if (Buffer.isBuffer(of)) return bodyOf(of);
  return bodyOf(Buffer.from(typeof of === "string" ? of : JSON.stringify(of)));
}

function seen(
  status: number,
  of: unknown = "",
  headers: Record<string, string> = {},
  context: ReplyContext = ITEM,
): Classified {
  return classify({ status, headers, body: body(of) }, context);
}

const NUL = Buffer.alloc(470);
const THROTTLED = { is: "throttled", by: "budget" };
const SLOT = { is: "throttled", by: "slot" };
const AMBIGUOUS_FAULT = { is: "fault", kind: "server-error", executed: "unknown" };
const TRANSIENT = { is: "fault", kind: "transient", executed: "unknown" };
const TURNED_AWAY = { is: "fault", kind: "transient", executed: "no" };
const GONE = { is: "refused", kind: "not-found", remedy: "gone" };
const MALFORMED = { is: "fault", kind: "malformed", executed: "unknown" };
const FORBIDDEN = { is: "forbidden" };
const NO = (kind: string): object => ({ is: "refused", kind, remedy: "give-up" });

test.each<[string, number, unknown, object]>([
  ["429 as JSON", 429, plainError("TooManyRequests", "Invalid Operation"), THROTTLED],
  ["429 as text", 429, "slow down", THROTTLED],
  ["429 without a body", 429, "", THROTTLED],
  ["429 with a damaged body", 429, '{"error":', THROTTLED],
  ["a code that says 429 under 200", 200, plainError("TooManyRequests", "x"), THROTTLED],
  ["an exhausted budget under 400", 400, pipeError("BadRequest", "A.OverBudgetException", "x"), THROTTLED],
  ["the concurrency text under 429", 429, CONCURRENCY, SLOT],
  ["the concurrency text under 503", 503, CONCURRENCY, SLOT],
  ["the concurrency text under 200", 200, CONCURRENCY, SLOT],
  ["the concurrency text in JSON", 500, plainError("X", CONCURRENCY), SLOT],
  ["401", 401, "", { is: "unauthorized" }],
  ["401 with NUL", 401, NUL, { is: "unauthorized" }],
  [
    "401 that names the cmdlet (2021)",
    401,
    plainError("Unauthorized", "User is not allowed to call X"),
    FORBIDDEN,
  ],
  ["403 with NUL", 403, NUL, FORBIDDEN],
  ["403 without a body", 403, "", FORBIDDEN],
  ["403 as JSON", 403, plainError("Forbidden", "User is not allowed to call Get-X"), FORBIDDEN],
  ["403 cut off", 403, '{"error"', FORBIDDEN],
  [
    "not in the role definition, under 400",
    400,
    pipeError("BadRequest", "X", "X is not present in the role definition of the current user"),
    FORBIDDEN,
  ],
  [
    "no permission, under 400",
    400,
    pipeError("BadRequest", "A.InsufficientPermissionsException", "x"),
    FORBIDDEN,
  ],
  [
    "an object out of the write scope",
    400,
    pipeError("BadRequest", "A.X", "'x' is out of the current user's write scope"),
    { is: "refused", kind: "forbidden", remedy: "denied" },
  ],
  ["an expired cursor", 400, expiredCursor(), { is: "cursor-lost" }],
  ["storage trouble under 400", 400, pipeError("BadRequest", "A.StorageTransientException", "x"), TRANSIENT],
  ["a code that is transient", 400, plainError("CmdletProxyNotAvailableFailure", "x", ""), TRANSIENT],
  [
    "directory trouble under 500",
    500,
    plainError("InternalServerError", "LDAP", "Microsoft.Exchange.Data.Directory.ADTransientException"),
    TRANSIENT,
  ],
  ["a busy server", 400, pipeError("BadRequest", "A.ServerBusyException", "The server is busy"), TRANSIENT],
  ["text that says it may pass", 400, plainError("BadRequest", "The issue may be transient"), TRANSIENT],
  [
    "a backend that could not be reached, under 503",
    503,
    plainError("ServiceUnavailable", "x", "Microsoft.Exchange.Net.BackendCommunicationException"),
    TRANSIENT,
  ],
  ["an overloaded directory", 400, pipeError("BadRequest", "A.DCOverloadedException", "x"), TURNED_AWAY],
  ["maintenance", 503, plainError("ServiceUnavailable", "x", "M.ServerInMMException"), TURNED_AWAY],
  [
    "changed directory settings",
    500,
    plainError("InternalServerError", "x", "M.ADServerSettingsChangedException"),
    TURNED_AWAY,
  ],
  [
    "an overloaded directory inside a broken backend connection",
    500,
    plainError("DCOverloadedException", "x", "M.BackendCommunicationException"),
    TRANSIENT,
  ],
  ["500 with an answer of Exchange", 500, plainError("InternalServerError", "x"), AMBIGUOUS_FAULT],
  ["500 without one", 500, "", AMBIGUOUS_FAULT],
  ["502 with HTML", 502, "<html>Bad Gateway</html>", AMBIGUOUS_FAULT],
  ["503 without a body", 503, "", AMBIGUOUS_FAULT],
  ["504 with JSON of a gateway", 504, plainError("GatewayTimeout", "x"), AMBIGUOUS_FAULT],
  ["408", 408, "", AMBIGUOUS_FAULT],
  ["not found", 404, notFound(), GONE],
  ["not found under 400", 400, notFound(), GONE],
  ["not found through a proxy", 400, proxiedNotFound(), GONE],
  [
    "not found, another id",
    400,
    pipeError("BadRequest", "M.ManagementObjectNotFoundException", "x", "Ex94914C"),
    GONE,
  ],
  ["not found on a resource", 404, plainError("NotFound", "An server side error occured."), GONE],
  ["not found, under 200", 200, notFound(), GONE],
  ["404 that is not Exchange's", 404, "<html>nothing here</html>", MALFORMED],
  ["404 without a body", 404, "", MALFORMED],
  [
    "an ambiguous identity",
    400,
    pipeError("BadRequest", "M.ManagementObjectAmbiguousException", "matches multiple entries"),
    NO("ambiguous-identity"),
  ],
  [
    "an ambiguous recipient",
    400,
    plainError("BadRequest", "There are multiple recipients matching x"),
    NO("ambiguous-identity"),
  ],
  ["an unknown parameter", 400, invalidOperation("AmbiguousParameterSetException", "Foo"), NO("bad-request")],
  ["shape B", 400, jsonError("BadRequest", "M.ADObjectAlreadyExistsException", "exists"), NO("bad-request")],
  ["400 in words", 400, "what?", NO("bad-request")],
  ["417 of something in between", 417, "", NO("bad-request")],
  ["413", 413, "", NO("too-large")],
  ["302 without a place to go", 302, "", MALFORMED],
  ["cut off", 200, '{"value":[{"a":1', MALFORMED],
  ["not UTF-8", 200, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), MALFORMED],
  ["a login page under 200", 200, "<html>please sign in</html>", MALFORMED],
  ["a list", 200, "[]", MALFORMED],
  ["NUL under 200", 200, NUL, MALFORMED],
  ["a value that is no list", 200, { value: "x" }, MALFORMED],
  ["a link that is no text", 200, { value: [], "@odata.nextLink": 7 }, MALFORMED],
  [
    "a question for confirmation",
    200,
    envelope([], { "@adminapi.confirmationmessage": "Sure?" }),
    NO("bad-request"),
  ],
])("%s", (_, status, of, expected) => {
  expect(seen(status, of).verdict).toEqual(expected);
});

test.each<[string, number, unknown]>([
  ["an envelope", 200, envelope([])],
  ["no value", 200, { "@adminapi.warnings": [] }],
  ["a null value", 200, envelope(null)],
  ["no bytes", 200, ""],
  ["204", 204, ""],
])("%s means no rows", (_, status, of) => {
  expect(seen(status, of).verdict).toMatchObject({ is: "rows" });
});

test.each<[string, number, unknown]>([
  ["404", 404, notFound()],
  ["404 without a body", 404, ""],
  ["not found under 400", 400, notFound()],
  ["no bytes", 200, ""],
  ["NUL", 200, NUL],
  ["a null page", 200, envelope(null)],
  ["no page", 200, { "@adminapi.warnings": [] }],
  ["an expired cursor", 400, expiredCursor()],
])("in the middle of a listing, %s means that the place is lost", (_, status, of) => {
  expect(seen(status, of, {}, PAGE).verdict).toEqual({ is: "cursor-lost" });
});

test("in the middle of a listing, an empty last page is its end", () => {
  expect(seen(200, envelope([]), {}, PAGE).verdict).toMatchObject({ is: "rows", envelope: { rows: [] } });
});

test.each<[string, number, unknown, object]>([
  [
    "too many items",
    400,
    plainError("BadRequest", "The batch exceeds the maximum of 10"),
    { is: "batch-refused", tooLarge: true },
  ],
  ["413", 413, "", { is: "batch-refused", tooLarge: true }],
  [
    "something in it",
    400,
    plainError("BadRequest", "Invalid JSON"),
    { is: "batch-refused", tooLarge: false },
  ],
  ["no such route", 404, "", { is: "batch-refused", tooLarge: false }],
  ["429", 429, "", THROTTLED],
  ["503", 503, "", AMBIGUOUS_FAULT],
  ["no responses", 200, { value: [] }, MALFORMED],
  ["no bytes", 200, "", MALFORMED],
  ["another encoding", 200, "--batch_1\r\nContent-Type: application/http", MALFORMED],
])("a batch as a whole: %s", (_, status, of, expected) => {
  expect(seen(status, of, {}, BATCH).verdict).toEqual(expected);
});

test("the header X-ExceptionType counts like a type in the body", () => {
  const headers = { "x-exceptiontype": "UnableToWriteToAadException" };
  expect(seen(400, "", headers).verdict).toEqual(TRANSIENT);
  expect(seen(200, envelope([]), headers).verdict).toMatchObject({ is: "rows" });
});

test("what is kept of a refusal is its id, type and text", () => {
  expect(seen(404, notFound()).facts).toMatchObject({
    status: 404,
    errorId: "Ex6F9304",
    exceptionType: "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException",
  });
  expect(seen(400, proxiedNotFound()).facts.errorId).toBe("Ex6F9304");
  expect(
    seen(400, jsonError("BadRequest", "M.ADObjectAlreadyExistsException", "It exists.")).facts,
  ).toMatchObject({
    exceptionType: "M.ADObjectAlreadyExistsException",
    words: "It exists.",
  });
  expect(seen(400, pipeError("BadRequest", "T", "one|two|three")).facts.words).toBe("one|two|three");
  expect(seen(400, invalidOperation("P", "Specify one of: A, B")).facts.words).toBe("Specify one of: A, B");
});

test.each<[NetworkFailure, boolean, object]>([
  ["not-sent", false, { is: "fault", kind: "not-sent", executed: "no" }],
  ["lost", true, { is: "fault", kind: "network", executed: "unknown" }],
  ["timeout", true, { is: "fault", kind: "timeout", executed: "unknown" }],
  ["too-large", true, { is: "fault", kind: "too-large", executed: "unknown" }],
  ["proxy", false, { is: "refused", kind: "not-sent", remedy: "pause-run" }],
  ["certificate", false, { is: "refused", kind: "not-sent", remedy: "pause-run" }],
])("a network failure of kind %s (sent: %s)", (kind, sent, expected) => {
  const failure = new NetworkError("host", kind, sent, "CODE", "cause");
  expect(classifyFailure(failure).verdict).toEqual(expected);
});

test("every reply gets a verdict of a known kind, and none makes the classifier throw", () => {
  const kinds = new Set([
    "rows",
    "throttled",
    "unauthorized",
    "forbidden",
    "cursor-lost",
    "batch-refused",
    "fault",
    "refused",
  ]);
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
    fc.json().map((text) => Buffer.from(text)),
    fc
      .record(
        {
          error: fc.anything({ maxDepth: 4 }),
          value: fc.anything({ maxDepth: 3 }),
          "@adminapi.warnings": fc.anything(),
          "@odata.nextLink": fc.anything(),
        },
        { requiredKeys: [] },
      )
      .map((value) =>
        Buffer.from(JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? 0 : part)) ?? ""),
      ),
    fc
      .array(
        fc.constantFrom(
          "error",
          "details",
          "message",
          "innererror",
          "code",
          "value",
          "|",
          "Ex6F9304",
          "{",
          "}",
          "[",
          "]",
          '"',
          ":",
          ",",
        ),
      )
      .map((parts) => Buffer.from(parts.join(""))),
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 100, max: 599 }),
      bytes,
      fc.dictionary(fc.string(), fc.string()),
      fc.boolean(),
      fc.boolean(),
      fc.constantFrom(undefined, "one", "part", "listing"),
      (status, packed, headers, continuation, batch, resource) => {
        const { verdict, rule } = classify(
          { status, headers, body: bodyOf(packed) },
          { continuation, batch, resource },
        );
        expect(kinds).toContain(verdict.is);
        expect(rule).not.toBe("");
        // Rows come of a success only.
        expect(verdict.is !== "rows" || status < 300).toBe(true);
      },
    ),
    { numRuns: 3_000 },
  );
});

test("every rule of the table is needed: some reply above is decided by it", () => {
  const source = readFileSync(join(import.meta.dirname, "../../src/exo/classify.ts"), "utf8");
  const names = [...source.matchAll(/name: "([^"]+)"/g)].map((match) => match[1]);
  const replies: readonly (readonly [number, unknown, Record<string, string>, ReplyContext])[] = [
    [200, CONCURRENCY, {}, ITEM],
    [429, "", {}, ITEM],
    [200, "{", {}, ITEM],
    [400, pipeError("B", "T", "out of the current user's write scope"), {}, ITEM],
    [400, pipeError("B", "T", "is not allowed to call"), {}, ITEM],
    [401, "", {}, ITEM],
    [403, "", {}, ITEM],
    [400, expiredCursor(), {}, ITEM],
    [400, pipeError("B", "DCOverloadedException", ""), {}, ITEM],
    [400, pipeError("B", "ADTransientException", ""), {}, ITEM],
    [500, "", {}, ITEM],
    [400, "", {}, BATCH],
    [404, "", {}, PAGE],
    [400, pipeError("B", "T", "matches multiple entries"), {}, ITEM],
    [404, notFound(), {}, ITEM],
    [404, "", {}, ITEM],
    [413, "", {}, ITEM],
    [400, "", {}, ITEM],
    [302, "", {}, ITEM],
    [200, "", {}, PAGE],
    [200, "", {}, ITEM],
    [200, envelope([], { "@adminapi.confirmationmessage": "?" }), {}, ITEM],
    [200, envelope([]), {}, ITEM],
    [200, "words", {}, ITEM],
    [404, notFound(), {}, LISTING],
    [200, "", {}, LISTING],
  ];
  const decided = new Set(
    replies.map(([status, of, headers, context]) => seen(status, of, headers, context).rule),
  );
  expect(decided).toEqual(new Set(names));
  expect(names).toHaveLength(decided.size);
});
