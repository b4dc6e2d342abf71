/** `exosweep diff` on runs that were made by the command line, of a tenant that somebody changes in between. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { politeQuirks } from "../../src/emulator/index.ts";
import type { GroupMembers } from "../../src/job/index.ts";
import { openSqliteJournal } from "../../src/journal/index.ts";
import { GroupBook } from "../../src/reports/index.ts";
import { parseCsv } from "../reports/csv-parser.ts";
import { openEmulatedPlace, runIdIn } from "../support/emulated-place.ts";

const emulated = await openEmulatedPlace({ mailboxes: 40, tenants: 2, seed: 21 });
afterAll(() => emulated[Symbol.asyncDispose]());
const { place, here, emulator } = emulated;
const [tenant, other = ""] = emulated.tenants;
// Read in bulk, as a large tenant is; given up soon.
await emulated.configure(
  "runs: { pollMs: 50, smallScope: 10 }\nrequests: { retryDelayMs: 10, maxRetries: 1, timeoutMs: 2000 }",
);
emulator.setProfile({ quirks: { ...politeQuirks(), writeLagSeconds: 0, dirSyncedRefusals: false } });

interface Box {
  readonly PrimarySmtpAddress: string;
  readonly ExchangeGuid: string;
}
interface Answer {
  readonly complete: boolean;
  readonly counts: {
    readonly changes: Readonly<Record<string, number>>;
    readonly mailboxes: Readonly<Record<string, number>>;
  };
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

async function audit(at = tenant, ...words: readonly string[]): Promise<string> {
  return runIdIn((await here(["run", "permission-audit", "--tenant", at, ...words])).stderr);
}

async function apply(name: string, lines: readonly string[]): Promise<void> {
  await place.write(name, ["Action,Mailbox,Right,Trustee", ...lines].join("\n"));
  const { exitCode, stderr } = await here([
    "apply",
    join(place.directory, name),
    "--tenant",
    tenant,
    "--yes",
  ]);
  expect({ exitCode, said: exitCode === 0 ? "" : stderr }).toEqual({ exitCode: 0, said: "" });
}

let boxes: readonly Box[];
let [first, second] = ["", ""];

beforeAll(async () => {
  const listed = await here(["invoke", "Get-Mailbox", "--tenant", tenant, "--param", "ResultSize=Unlimited"]);
  boxes = JSON.parse(listed.stdout) as readonly Box[];
  const [a, b, c, d] = boxes.map(({ PrimarySmtpAddress }) => PrimarySmtpAddress);
  await apply("before.csv", [
    `Add,${a},FullAccess,${d}`,
    `Add,${b},FullAccess,${d}`,
    `Add,${c},FullAccess,${d}`,
  ]);
  first = await audit();
  await apply("between.csv", [
    `Add,${a},SendAs,${d}`,
    `Remove,${b},FullAccess,${d}`,
    `Remove,${c},FullAccess,${d}`,
  ]);
  emulator.addFaults([
    {
      match: { cmdlet: "Get-MailboxPermission", subject: boxes[2]?.ExchangeGuid ?? "" },
      fault: { kind: "transient" },
    },
  ]);
  second = await audit();
}, 60_000);

async function answered(...words: readonly string[]): Promise<Answer> {
  const { exitCode, stdout, stderr } = await here(["diff", ...words, "-o", "json"]);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  return JSON.parse(stdout) as Answer;
}

test("says what was granted and taken away, and what it could not read", async () => {
  const [a, b, c, d] = boxes.map(({ PrimarySmtpAddress }) => PrimarySmtpAddress);
  const { complete, counts, rows } = await answered(first, second);
  expect(complete).toBe(false);
  const told = rows.map(
    (row) =>
      `${String(row["Change"])} ${String(row["MailboxPrimarySmtp"])} ${String(row["Right"])} ${String(row["TrusteePrimarySmtp"])}`,
  );
  expect(told).toContain(`added ${a} SendAs ${d}`);
  expect(told).toContain(`removed ${b} FullAccess ${d}`);
  expect(told).toContain(`unknown ${c} FullAccess ${d}`);
  expect(rows.filter((row) => row["Change"] !== "unknown")).toHaveLength(2);
  expect(counts.mailboxes).toMatchObject({ all: 40, added: 0, gone: 0, changed: 2, unknown: 1 });
});

test("prints it for people: the runs, whether they are complete, counts, and a limited list", async () => {
  const shown = await here(["diff", "--last", "--tenant", tenant]);
  expect(shown.exitCode).toBe(0);
  const lines = shown.stdout.trimEnd().split("\n");
  expect(lines.slice(0, 3)).toEqual([
    `permission-audit on ${tenant}`,
    expect.stringMatching(new RegExp(`^ {2}before {2}run ${first} of .* UTC; complete: yes$`)),
    expect.stringMatching(
      new RegExp(
        `^ {2}after {3}run ${second} of .*complete: no \\(1 of 43 targets without an answer: failed 1\\)$`,
      ),
    ),
  ]);
  expect(lines[3]).toMatch(/^ {2}rows {4}1 added, 1 removed, 0 changed, /);
  expect(shown.stdout).toContain("\n  - medium    ");
  const limited = await here(["diff", first, second, "--limit", "1"]);
  expect(limited.stdout.trimEnd().split("\n").at(-1)).toMatch(/^and \d+ more: --out FILE, or --limit$/);
});

test("writes all of it to a file whose name says the format", async () => {
  const out = join(place.directory, "changes.csv");
  const written = await here(["diff", first, second, "--out", out]);
  expect(written.stdout).toContain(out);
  const [header = [], ...rows] = parseCsv((await readFile(out, "utf8")).slice(1), ",");
  expect(header.slice(0, 3)).toEqual(["Change", "Detail", "MailboxId"]);
  expect(rows).toHaveLength((await answered(first, second)).rows.length);
  const piped = await here(["diff", first, second, "-o", "csv"]);
  expect(piped.stdout).toBe(await readFile(out, "utf8"));
  expect(piped.stderr).toContain("complete: no");
  expect((await here(["diff", first, second, "--out", join(place.directory, "changes.what")])).exitCode).toBe(
    2,
  );
});

test("ends with 20 only when asked to, and only when something has changed", async () => {
  expect((await here(["diff", first, second, "--exit-code"])).exitCode).toBe(20);
  const [one, two] = [await audit(other), await audit(other)];
  expect(await answered(one, two)).toMatchObject({ complete: true, rows: [] });
  expect((await here(["diff", one, two, "--exit-code"])).exitCode).toBe(0);
  // The newest of all, with a sample between them.
  await audit(other, "--sample", "3");
  const three = await audit(other);
  const { stdout } = await here(["diff", "--last"]);
  expect(stdout).toMatch(new RegExp(`run ${two} .*\\n.*run ${three} `));
});

test("says who came into a group that holds rights, and who left it", async () => {
  const [one, two] = [await audit(other), await audit(other)];
  const journal = await openSqliteJournal({ path: join(place.directory, "exosweep-data", "journal.db") });
  onTestFinished(() => journal.close());
  const book = new GroupBook(journal, two);
  let group: GroupMembers | undefined;
  for (const id of (await book.reaches()).keys()) {
    const read = await book.members(id);
    if ((read?.members.length ?? 0) > 1) group ??= read;
  }
  const [gone, ...rest] = group?.members ?? [];
  if (group === undefined || gone === undefined) throw new Error("No group of the tenant has two members");
  // As if the newer run had found it so.
  const come = { id: "new", displayName: "Nova", address: "nova@contoso.com", type: "guest" } as const;
  await book.keep({ ...group, members: [...rest, come] });
  const { stdout } = await here(["diff", one, two]);
  expect(stdout).toContain("  groups  1 group with other members: 1 came in, 1 left, 0 unknown\n");
  expect(stdout.split("\n").slice(-4)).toEqual([
    `group ${group.displayName}`,
    `  +           nova@contoso.com came into ${group.displayName}`,
    `  -           ${gone.address || gone.displayName} left ${group.displayName}`,
    "",
  ]);
  expect(await here(["diff", one, two, "--limit", "1"])).toMatchObject({
    stdout: expect.stringMatching(/nova@contoso.com came into .*\nand 1 more: --out FILE, or --limit\n$/),
  });
  const { counts, rows } = await answered(one, two);
  expect(counts).toMatchObject({ members: { groups: 1, added: 1, removed: 1, unknown: 0 } });
  expect(rows.map(({ Change, TrusteeId }) => [Change, TrusteeId])).toEqual([
    ["member-added", "new"],
    ["member-removed", gone.id],
  ]);
  expect((await here(["diff", one, two, "--exit-code"])).exitCode).toBe(20);
});

test("refuses what cannot be compared, with 2 and what to do", async () => {
  const elsewhere = await audit(other, "--sample", "2");
  const applied = JSON.parse((await here(["runs", "list", "--tenant", tenant, "-o", "json"])).stdout) as {
    readonly id: string;
    readonly job: string;
  }[];
  const plan = applied.find(({ job }) => job === "apply-changes")?.id ?? "";
  for (const [words, fact] of [
    [[first, first], /both are run/],
    [[first, elsewhere], /about tenant/],
    [[plan, second], /of the job "apply-changes"/],
    [
      [plan, applied.findLast(({ job }) => job === "apply-changes")?.id ?? ""],
      /does not say how its rows are compared/,
    ],
    [[first], /two runs must be named/],
    [[], /two runs must be named/],
    [[first, "rnone"], /Cannot find run "rnone"/],
    [["--last", first], /--last and name runs/],
    [["--last", "--job", "permission-adit"], /did you mean "permission-audit"/],
    [["--last", "--tenant", "nobody"], /there is none/],
    [["--job", "permission-audit", first, second], /without --last/],
    [[first, second, "--format", "csv"], /--format without --out/],
    [[first, second, "--limit", "few"], /--limit "few"/],
  ] as const) {
    const { exitCode, stderr } = await here(["diff", ...words]);
    expect({ words, exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(fact) });
    expect(stderr).toMatch(/^ *next: /m);
  }
});
