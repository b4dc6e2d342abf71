import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { catalogue } from "../../jobs/index.ts";
import { knownRules } from "../../src/reports/index.ts";
import { defaultSettings, parseRulesFile, parseSettings, settingsSchema } from "../../src/config.ts";
import { allPages, ROOT } from "./pages.ts";

const NAME = "exosweep.example.yaml";
const example = readFileSync(join(ROOT, NAME), "utf8");
/** With every setting that is shown as a comment: `#key:` and `#  key:`, whereas words have one blank after the mark. */
const everything = example.replaceAll(/^#(?! \S)(?!$)/gm, "");

/** `batch.maxCalls`, `tenants.secret.env`, …: every key that there is. */
function keysIn(schema: unknown, path = ""): string[] {
  const shape = schemaShape.parse(schema);
  const inside = Object.entries(shape.properties ?? {}).flatMap(([name, property]) => [
    `${path}${name}`,
    ...keysIn(property, `${path}${name}.`),
  ]);
  const ways = [...(shape.anyOf ?? []), ...(shape.items === undefined ? [] : [shape.items])];
  return [...new Set([...inside, ...ways.flatMap((way) => keysIn(way, path))])];
}

const schemaShape = z.object({
  properties: z.record(z.string(), z.unknown()).optional(),
  anyOf: z.array(z.unknown()).optional(),
  items: z.unknown().optional(),
});

function keysOf(value: unknown, path = ""): string[] {
  if (Array.isArray(value)) return [...new Set(value.flatMap((item) => keysOf(item, path)))];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [
    `${path}${name}`,
    ...keysOf(inner, `${path}${name}.`),
  ]);
}

describe("exosweep.example.yaml", () => {
  test("is valid as it is, and says nothing but the defaults and a tenant", () => {
    const { tenants, ...rest } = parseSettings(example, NAME);
    expect(tenants.map(({ name }) => name)).toEqual(["contoso"]);
    expect(rest).toEqual(withoutTenants());
  });

  test("is valid with all that it shows as comments, and shows the defaults there", () => {
    const { tenants, redis, certificateAuthorities, rules, notify, ...rest } = parseSettings(
      everything,
      NAME,
    );
    expect({ ...rest, notify: { ...notify, sinks: [] } }).toEqual(withoutTenants());
    expect(notify.sinks.map(({ name }) => name)).toEqual(["soc", "siem", "channel", "board", "auditors"]);
    expect([redis, certificateAuthorities, rules].every((shown) => shown !== undefined)).toBe(true);
    expect(tenants.length).toBe(5);
  });

  test("shows every setting that there is, and each with a comment", () => {
    const known = keysIn(z.toJSONSchema(settingsSchema, { io: "input", unrepresentable: "any" }));
    const shown = keysOf(parse(everything));
    expect(known.length).toBeGreaterThan(30);
    expect(known.filter((key) => !shown.includes(key) && key !== "tenants.certificate.thumbprint")).toEqual(
      [],
    );
    expect(example).toContain("thumbprint");
  });
});

function withoutTenants(): object {
  const { tenants: _, ...rest } = defaultSettings();
  return rest;
}

/** The page that shows a file of rules. */
const RULES = "docs/guides/findings.md";

test("settings shown on the pages are settings, and rules are rules", () => {
  const shown = allPages().flatMap(({ path, blocks }) =>
    blocks.filter(({ language }) => language === "yaml").map(({ text }) => ({ path, text })),
  );
  expect(shown.length).toBeGreaterThan(1);
  const read = (text: string, path: string): object =>
    path === RULES
      ? parseRulesFile(Buffer.from(text), path, knownRules(catalogue))
      : parseSettings(text, path);
  for (const { path, text } of shown) expect(() => read(text, path)).not.toThrow();
});
