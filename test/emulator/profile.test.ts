import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FAULTS, PROFILES, ProfileError, QUIRKS, readProfile } from "../../src/emulator/index.ts";
import { DATA_QUIRKS } from "../../src/emulator/organisation/index.ts";
import { patchProfile } from "../../src/emulator/profile/read.ts";

const scenarios: readonly { readonly id: string; readonly changes?: readonly { readonly set: object }[] }[] =
  JSON.parse(readFileSync(join(import.meta.dirname, "throttle-scenarios.json"), "utf8"));

describe("every scenario of throttle-scenarios.json is a profile", () => {
  test.each(scenarios)("$id", (scenario) => {
    const profile = readProfile(scenario);
    expect(profile.id).toBe(scenario.id);
    expect(profile.latency).toEqual({
      roundTrip: 40,
      overhead: 150,
      refusal: 20,
      call: { median: 220, sigma: 0.5, tail: { share: 0.005, times: 8 } },
      perRow: 0,
      cmdlets: {},
    });
    for (const { set } of scenario.changes ?? []) expect(() => patchProfile(profile, set)).not.toThrow();
  });
});

test("every named profile is complete and valid", () => {
  for (const [name, profile] of Object.entries(PROFILES))
    expect(readProfile({ base: name })).toEqual(profile);
});

test("a patch merges member by member; null takes a limit away; another kind of rate replaces", () => {
  const start = readProfile("realistic");
  expect(patchProfile(start, { conc: { max: 20 } }).conc).toEqual({ ...start.conc, max: 20 });
  expect(patchProfile(start, { conc: null }).conc).toBeNull();
  const bucket = { kind: "bucket", rate: 5, burst: 10, unit: "item", headers: false };
  expect(patchProfile(start, { rate: bucket }).rate).toEqual(bucket);
  expect(patchProfile(start, { quirks: { shuffledBatch: false } }).quirks).toEqual({
    ...start.quirks,
    shuffledBatch: false,
  });
  expect(patchProfile(start, { base: "off" })).toEqual(PROFILES.off);
});

test("all mistakes are named at once, with their places", () => {
  const wrong = {
    budgt: {},
    conc: { max: 0, unit: "batch" },
    rate: { kind: "window", n: 5, unit: "item", headers: true },
    p5xx: 2,
    quirks: { shuffledBatch: 1, nonsense: true, noOutput: "x", transientOn400: 3 },
    faults: { rates: { explode: 1 } },
  };
  const message = (() => {
    try {
      readProfile(wrong);
      return "";
    } catch (error) {
      return error instanceof ProfileError ? error.message : String(error);
    }
  })();
  for (const part of [
    "profile.budgt: unknown",
    "profile.conc.max: expected a number from 1",
    'profile.conc.unit: expected "request" or "item"',
    "profile.conc.retryAfter: missing",
    "profile.rate.per: missing",
    "profile.p5xx: expected a number from 0 to 1",
    "quirks.shuffledBatch: expected a boolean",
    "quirks.nonsense: unknown quirk",
    "quirks.noOutput: expected one of empty-list",
    "quirks.transientOn400: expected a rate from 0 to 1",
    "profile.faults.rates.explode: unknown",
  ])
    expect(message).toContain(part);
  expect(() => readProfile("fast")).toThrow('unknown name "fast", expected off, demo, realistic, strict');
});

test("every quirk of the organisation has a switch here", () => {
  const switches = Object.values(QUIRKS).flatMap((quirk) => ("data" in quirk ? [quirk.data] : []));
  expect(switches.toSorted()).toEqual(DATA_QUIRKS.toSorted());
});

test("at least 50 of the 65 quirks of the fact sheet have a switch", () => {
  const numbers = new Set(
    Object.values(QUIRKS).flatMap(({ fact }) => (/^\d+$/.test(fact) ? [Number(fact)] : [])),
  );
  expect(numbers.size).toBeGreaterThanOrEqual(50);
});

test("every quirk has a test on the wire that begins with its name", () => {
  const folder = import.meta.dirname;
  const text = ["paging", "replies", "errors", "batch", "access", "throttle", "data", "writes"]
    .map((part) => readFileSync(join(folder, `quirks-${part}.test.ts`), "utf8"))
    .join("\n");
  const untested = Object.keys(QUIRKS).filter(
    (name) => !new RegExp(`test\\("(\\w+, )*${name}[,:]`).test(text),
  );
  expect(untested).toEqual([]);
});

test("docs/emulator.md tells every profile, quirk and fault as it is", () => {
  const text = readFileSync(join(import.meta.dirname, "../../docs/emulator.md"), "utf8");
  for (const name of Object.keys(PROFILES)) expect(text).toContain(`| \`${name}\` `);
  for (const [name, quirk] of Object.entries(QUIRKS)) {
    const fact = /^\d+$/.test(quirk.fact) ? quirk.fact : `(${quirk.fact})`;
    const forms = "forms" in quirk ? ` (${quirk.forms.join(", ")})` : "";
    expect(text).toContain(`| ${fact} | \`${name}\` | ${quirk.value}${forms} | ${quirk.says} |`);
  }
  for (const [kind, says] of Object.entries(FAULTS)) expect(text).toContain(`| \`${kind}\` | ${says} |`);
});
