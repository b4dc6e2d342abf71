import { expect, test } from "vitest";
import { ZipWriter } from "../../../src/reports/xlsx/zip.ts";
import { unzip } from "../../support/zip-reader.ts";

async function zipped(
  entries: readonly (readonly [string, readonly string[]])[],
  zip64From?: number,
): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  const zip = new ZipWriter(async (bytes) => void parts.push(bytes), zip64From);
  for (const [name, texts] of entries) {
    const entry = await zip.entry(name);
    for (const text of texts) await entry.write(text);
    await entry.end();
  }
  await zip.end();
  return Buffer.concat(parts);
}

const LARGE = Array.from({ length: 300 }, (_, n) => `${n} ${"äöü".repeat(1_000)}`);

test("another program's way through the file finds every entry whole, with the time that never changes", async () => {
  const file = await zipped([
    ["a.xml", ["one ", "two"]],
    ["b/c.xml", LARGE],
    ["empty.xml", []],
  ]);
  expect(unzip(file)).toEqual([
    { name: "a.xml", text: "one two", time: [0x21, 0], large: false },
    { name: "b/c.xml", text: LARGE.join(""), time: [0x21, 0], large: false },
    { name: "empty.xml", text: "", time: [0x21, 0], large: false },
  ]);
});

test("entries beyond the reach of 32 bits are found by ZIP64, and only these", async () => {
  const entries = [
    ["a.xml", ["one"]],
    ["b.xml", LARGE],
    ["c.xml", ["three"]],
  ] as const;
  const found = unzip(await zipped(entries, 1_000));
  expect(found.map(({ name, large }) => [name, large])).toEqual([
    ["a.xml", false],
    ["b.xml", false],
    ["c.xml", true],
  ]);
  expect(found.map(({ text }) => text)).toEqual(entries.map(([, texts]) => texts.join("")));
});

test("the same entries give the same bytes", async () => {
  const entries = [["b.xml", LARGE]] as const;
  expect((await zipped(entries)).equals(await zipped(entries))).toBe(true);
});
