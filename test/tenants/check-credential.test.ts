import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { X509Certificate } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { SignInError, checkCredential } from "../../src/tenants/index.ts";
import { tenantAt } from "./support.ts";

const FIXTURES = join(import.meta.dirname, "fixtures");
const APP = readFileSync(join(FIXTURES, "app.pem"), "utf8");
const CERTIFICATE = new X509Certificate(APP);
const DAY_MS = 86_400_000;

function file(text: string, mode = 0o600): string {
  const directory = mkdtempSync(join(tmpdir(), "credential-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "app.pem");
  writeFileSync(path, text, { mode });
  chmodSync(path, mode);
  return path;
}

function check(path: string, thumbprint?: string, nowMs = Date.now()): Promise<readonly string[]> {
  const certificate = thumbprint === undefined ? { path } : { path, thumbprint };
  return checkCredential(tenantAt("http://127.0.0.1:1", { certificate }), {}, nowMs);
}

async function refusalOf(checking: Promise<unknown>): Promise<string> {
  const error: unknown = await checking.then(
    () => new Error("it was accepted"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof SignInError)) throw error;
  return `${error.message}. ${error.advice}`;
}

test("a good certificate passes without a word, by its thumbprint in either form", async () => {
  const path = file(APP);
  expect(await check(path)).toEqual([]);
  expect(await check(path, CERTIFICATE.fingerprint)).toEqual([]);
  expect(await check(path, CERTIFICATE.fingerprint256.replaceAll(":", "").toLowerCase())).toEqual([]);
});

test("a certificate that ends soon is warned of with the days that are left", async () => {
  const end = CERTIFICATE.validToDate.getTime();
  expect(await check(file(APP), undefined, end - 9.5 * DAY_MS)).toEqual([
    'The certificate of tenant "contoso" expires in 10 days: create a new one and upload it to the app beside the old',
  ]);
  expect(await check(file(APP), undefined, end - 31 * DAY_MS)).toEqual([]);
});

test("a certificate that has ended, or not begun, is refused", async () => {
  const end = CERTIFICATE.validToDate.getTime();
  expect(await refusalOf(check(file(APP), undefined, end))).toContain("has expired");
  const begin = CERTIFICATE.validFromDate.getTime();
  expect(await refusalOf(check(file(APP), undefined, begin - 1))).toContain("is not valid yet");
});

test("a key that others can read is refused with the command that helps", async ({ skip }) => {
  skip(process.platform === "win32", "Windows has no file modes");
  const path = file(APP, 0o644);
  expect(await refusalOf(check(path))).toContain(`Run: chmod 600 "${path}"`);
});

test("weak keys and keys of another kind are refused", async () => {
  for (const [name, size] of [
    ["weak.pem", "1024 bit"],
    ["elliptic.pem", "ec"],
  ] as const) {
    const path = file("");
    copyFileSync(join(FIXTURES, name), path);
    chmodSync(path, 0o600);
    expect(await refusalOf(check(path))).toContain(`too weak (${size})`);
  }
});

test("a thumbprint of another certificate is refused", async () => {
  expect(await refusalOf(check(file(APP), "AA:BB"))).toContain("does not have the configured thumbprint");
});

test("what is missing in the file is said, and nothing of the file is quoted", async () => {
  const key = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/.exec(APP)?.[0] ?? "";
  const other = readFileSync(join(FIXTURES, "elliptic.pem"), "utf8").replace(
    /^[\s\S]*?-----BEGIN CERT/,
    "-----BEGIN CERT",
  );
  const cases: readonly (readonly [string, string])[] = [
    ["", "holds no private key in PEM form"],
    [APP.replace(key, ""), "holds no private key in PEM form"],
    [key, "holds no certificate beside the private key"],
    [`${key}\n${other}`, "no certificate in"],
    [APP.replace(/KEY-----\n.{20}/, "KEY-----\nAAAA"), "cannot be parsed"],
    [APP.replaceAll("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"), "is encrypted"],
  ];
  for (const [text, words] of cases) {
    const refusal = await refusalOf(check(file(text)));
    expect(refusal).toContain(words);
    expect(refusal).not.toContain(key.split("\n")[1] ?? "?");
  }
  expect(await refusalOf(check("/no/such/file.pem"))).toContain("cannot be read (ENOENT)");
});

test("a secret is only asked to be there", async () => {
  const tenant = tenantAt("http://127.0.0.1:1");
  expect(await checkCredential(tenant, { SECRET: "x" }, 0)).toEqual([]);
  expect(await refusalOf(checkCredential(tenant, {}, 0))).toContain(
    "the environment variable SECRET is not set",
  );
});
