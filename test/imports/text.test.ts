import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type Encoding, textOf } from "../../src/imports/text.ts";

const NEVER = new AbortController().signal;
const TEXT = '"Mailbox","User"\r\n"zoë@x.example","Łukasz 😀"\r\n';

async function read(bytes: Uint8Array, encoding?: Encoding) {
  const directory = mkdtempSync(join(tmpdir(), "exosweep-imports-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "file.csv");
  writeFileSync(path, bytes);
  let [text, passed] = ["", { bytes: 0, sha256: "" }];
  for await (const piece of textOf(path, encoding, NEVER, (all) => (passed = all))) text += piece;
  return { text, ...passed };
}

function utf16(text: string, big = false): Buffer {
  const bytes = Buffer.from(text, "utf16le");
  return big ? bytes.swap16() : bytes;
}

test.each([
  ["UTF-8", Buffer.from(TEXT)],
  ["UTF-8 with a byte order mark", Buffer.from(`\u{feff}${TEXT}`)],
  ["UTF-16, as PowerShell's Unicode", utf16(`\u{feff}${TEXT}`)],
  ["UTF-16 without a mark", utf16(TEXT)],
  ["UTF-16, the other way round", utf16(`\u{feff}${TEXT}`, true)],
  ["UTF-16, the other way round, without a mark", utf16(TEXT, true)],
])("%s is recognised", async (_, bytes) => {
  const read1 = await read(bytes);
  expect(read1.text.replace(/^\u{feff}/u, "")).toBe(TEXT);
  expect(read1).toMatchObject({
    bytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
  });
});

test("a character that a read cuts in two is one all the same", async () => {
  const long = "é".repeat(300_001);
  expect((await read(Buffer.from(`x${long}`))).text).toBe(`x${long}`);
  expect((await read(utf16(`\u{feff}${long}😀`))).text).toBe(`${long}😀`);
});

test("bytes of another encoding are refused by the line before them, and read when it is named", async () => {
  const bytes = Buffer.from('"Mailbox","User"\r\n"a@x","M\xfcller"\r\n', "latin1");
  await expect(read(bytes)).rejects.toMatchObject({
    name: "ImportError",
    message: expect.stringMatching(/expected UTF-8, found other bytes behind line 1$/),
    advice: expect.stringContaining("--encoding windows-1252"),
  });
  expect((await read(bytes, "windows-1252")).text).toContain("Müller");
});
