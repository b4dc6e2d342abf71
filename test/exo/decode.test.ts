import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { bodyOf, readBody } from "../../src/exo/body.ts";
import { decodeEnvelope, withoutAnnotations } from "../../src/exo/decode.ts";
import { scanJson } from "../../src/exo/scan.ts";
import { MICRO_DELAY, TRUNCATED } from "./support/replies.ts";
import { envelope } from "./support/wire-server.ts";

function json(text: string): unknown {
  const body = bodyOf(Buffer.from(text));
  if (body.kind !== "json") throw new Error(`expected JSON, got ${body.kind}`);
  return body.value;
}

test("integers a double cannot hold arrive exact, everything else as usual", () => {
  const row = json(
    '{"RuleIdentity":15394007230974001153,"Small":9007199254740991,"Minus":-9007199254740993,"Real":1.5,"Exp":1e20,"Text":"15394007230974001153"}',
  );
  expect(row).toEqual({
    RuleIdentity: 15394007230974001153n,
    Small: 9_007_199_254_740_991,
    Minus: -9_007_199_254_740_993n,
    Real: 1.5,
    Exp: 1e20,
    Text: "15394007230974001153",
  });
});

test("annotations are left out, of either kind and at every depth", () => {
  const recorded = {
    "@odata.type": "#x",
    "Guid@data.type": "System.Guid",
    "Guid@odata.type": "#Guid",
    Guid: "a",
    "EmailAddresses@odata.type": "#Collection(String)",
    EmailAddresses: ["SMTP:a@x"],
    Nested: { "X@data.type": "System.Int32", X: 0, List: [{ "@odata.id": "1", Y: null }] },
    "odd@key": 1,
  };
  expect(withoutAnnotations(recorded)).toEqual({
    Guid: "a",
    EmailAddresses: ["SMTP:a@x"],
    Nested: { X: 0, List: [{ Y: null }] },
    "odd@key": 1,
  });
});

test("rows have no prototype, and nothing in them can give them one", () => {
  const value = json('{"value":[{"__proto__":{"polluted":1},"constructor":{"a":1},"toString":"x"}]}');
  const row = decodeEnvelope(value)?.rows?.[0];
  expect(Object.getPrototypeOf(row)).toBeNull();
  expect(Object.keys(row ?? {})).toEqual(["constructor", "toString"]);
  expect(Object.hasOwn(Object.assign({}, row), "polluted")).toBe(false);
  expect(Reflect.get({}, "polluted")).toBeUndefined();
});

test("absent, null and empty stay three different things", () => {
  const row = decodeEnvelope(envelope([{ A: null, B: "" }]))?.rows?.[0];
  expect(row).toEqual({ A: null, B: "" });
  expect(Object.hasOwn(row ?? {}, "C")).toBe(false);
});

test("truncation and micro-delay warnings are understood and not shown; others are shown", () => {
  const read = decodeEnvelope(
    envelope([], { "@adminapi.warnings": ["Nothing was modified", TRUNCATED, MICRO_DELAY] }),
  );
  expect(read).toMatchObject({ truncated: true, warnings: ["Nothing was modified"] });
  expect(decodeEnvelope(envelope([]))).toMatchObject({ truncated: false, warnings: [], errors: [] });
});

test("errors that did not end the cmdlet are kept, also those of an unknown shape", () => {
  const errors = ["one", { Exception: "two" }, 3];
  expect(decodeEnvelope(envelope([], { "@adminapi.errors": errors }))?.errors).toEqual([
    "one",
    '{"Exception":"two"}',
    "3",
  ]);
  expect(decodeEnvelope(envelope([], { "@adminapi.errors": "alone" }))?.errors).toEqual(["alone"]);
});

test("a row that is no object is kept under an empty name", () => {
  expect(decodeEnvelope({ value: ["text", null] })?.rows).toEqual([{ "": "text" }, { "": null }]);
});

test.each<[string, Buffer, object]>([
  ["nothing", Buffer.alloc(0), { kind: "empty" }],
  ["spaces", Buffer.from(" \r\n"), { kind: "empty" }],
  ["NUL", Buffer.alloc(4_096), { kind: "nul" }],
  ["words", Buffer.from("please wait"), { kind: "text", text: "please wait" }],
  ["a byte order mark before JSON", Buffer.from('\ufeff{"a":1}'), { kind: "json", value: { a: 1 } }],
  ["JSON cut off in a string", Buffer.from('{"a":"b'), { kind: "broken", why: "damaged" }],
  ["JSON cut off behind an escape", Buffer.from('{"a":"b\\'), { kind: "broken", why: "damaged" }],
  ["JSON with more behind", Buffer.from('{"a":1}{"b":2}'), { kind: "broken", why: "damaged" }],
  [
    "Latin-1",
    Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xa7, 0x22, 0x7d]),
    { kind: "broken", why: "damaged" },
  ],
])("a body of %s", (_, bytes, expected) => {
  expect(bodyOf(bytes)).toEqual(expected);
});

test("gzip is unpacked by its bytes; cut off it is broken", async () => {
  const packed = gzipSync('{"value":[]}');
  expect(await readBody(packed, 1_000)).toEqual({ kind: "json", value: { value: [] } });
  expect(await readBody(packed.subarray(0, -3), 1_000)).toEqual({ kind: "broken", why: "damaged" });
});

test.each<[string, () => Buffer]>([
  ["a hundred thousand brackets", () => Buffer.from("[".repeat(100_000))],
  [
    "a hundred thousand nested objects",
    () => Buffer.from(`${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`),
  ],
  ["ten million empty lists", () => Buffer.from(`[${"[],".repeat(10_000_000)}[]]`)],
  ["ten million numbers", () => Buffer.from(`[${"1,".repeat(10_000_000)}1]`)],
])("%s are refused before they are parsed, within seconds and without memory", (_, bomb) => {
  const bytes = bomb();
  const before = process.memoryUsage().rss;
  const startedAt = performance.now();
  expect(bodyOf(bytes)).toEqual({ kind: "broken", why: "too-large" });
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
});

test("the scan agrees with the parser: what parses is complete, and its depth is right", () => {
  const depthOf = (value: unknown): number =>
    typeof value === "object" && value !== null
      ? 1 + Math.max(0, ...Object.values(value).map((part) => depthOf(part)))
      : 0;
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), (text) => {
      const scan = scanJson(Buffer.from(text), 64, 10_000);
      expect(scan.complete).toBe(true);
      expect(scan.depth).toBe(depthOf(JSON.parse(text)));
    }),
  );
});

test("no bytes make the reader throw, and what it reads as JSON is JSON", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (array, asJson) => {
      const body = bodyOf(Buffer.from(asJson ? [0x7b, ...array] : array));
      expect(["empty", "nul", "json", "text", "broken"]).toContain(body.kind);
    }),
    { numRuns: 2_000 },
  );
});

test("a micro-delay warning is no warning, but says what the budget is", () => {
  const warned = (text: string) => decodeEnvelope(envelope([], { "@adminapi.warnings": [text] }));
  expect(
    warned(
      "Micro delay applied. Actual delayed: 21956 msecs, Balance: -1608289/2160000/-3000000, QueueDepth: 100",
    ),
  ).toMatchObject({
    warnings: [],
    balance: { balanceMs: -1_608_289, rechargeMsPerHour: 2_160_000, cutoffMs: -3_000_000 },
  });
  for (const absurd of [
    "Balance: -5/0/-3",
    "Balance: 1/2/3",
    "Balance: x/2160000/-3000000",
    "Balance: 1e9/1/-1",
  ]) {
    expect(warned(absurd)?.balance).toBeUndefined();
  }
});
