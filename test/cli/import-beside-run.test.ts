/** A real run, written in the columns of other tools, imported, and compared with itself: nothing has changed, and what the tool cannot tell is unknown. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openEmulatedPlace, runIdIn } from "../support/emulated-place.ts";

const emulated = await openEmulatedPlace({ mailboxes: 60, seed: 7 });
afterAll(() => emulated[Symbol.asyncDispose]());
const { here, place, tenants } = emulated;
const [tenant] = tenants;

interface Diff {
  readonly counts: { readonly changes: Readonly<Record<string, number>> };
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

let run = "";

beforeAll(async () => {
  // Large enough to have an index of principals.
  await emulated.configure("runs: { pollMs: 50, smallScope: 10 }");
  run = runIdIn((await here(["run", "permission-audit", "--tenant", tenant, "--all"])).stderr);
}, 60_000);

async function imported(headers: string, ...words: readonly string[]): Promise<string> {
  const path = join(place.directory, `${headers}.csv`);
  const written = await here(["export", run, "--format", "csv", "--headers", headers, "--out", path]);
  expect(written).toMatchObject({ exitCode: 0 });
  const { exitCode, stdout, stderr } = await here([
    "import",
    path,
    "--tenant",
    tenant,
    "-o",
    "json",
    ...words,
  ]);
  expect({ exitCode, said: exitCode === 0 ? "" : stderr }).toEqual({ exitCode: 0, said: "" });
  const { namesFrom, run: id } = JSON.parse(stdout) as { readonly namesFrom: string; readonly run: string };
  expect(namesFrom).toBe(run);
  return id;
}

test.each([
  ["erp", []],
  ["michev", ["--rights", "full-access,send-as,send-on-behalf"]],
  ["fasttrack", []],
])("what comes back by %s is what was there", { timeout: 60_000 }, async (headers, words) => {
  const id = await imported(headers, ...words);
  for (const pair of [
    [run, id],
    [id, run],
  ]) {
    const { exitCode, stdout } = await here(["diff", ...pair, "-o", "json"]);
    expect(exitCode).toBe(0);
    const { counts, rows } = JSON.parse(stdout) as Diff;
    const known = rows.filter((row) => row["Change"] !== "unknown");
    expect(
      known.map((row) => [
        row["Change"],
        row["Detail"],
        row["MailboxPrimarySmtp"],
        row["Right"],
        row["TrusteeRaw"],
      ]),
    ).toEqual([]);
    expect(counts.changes).toMatchObject({
      added: 0,
      removed: 0,
      changed: 0,
      "mailbox-added": 0,
      "mailbox-gone": 0,
    });
  }
  expect(await here(["runs", "verify", id])).toMatchObject({ exitCode: 0 });
});
