/** Groups and deleted mailboxes from the command line: audited where they are named, looked up, compared, and refused by other jobs. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { GRANTOR_SORTS, type PermissionFact } from "../../src/emulator/cmdlet.ts";
import { politeQuirks } from "../../src/emulator/index.ts";
import { GRANTOR_TYPES } from "../../src/job/index.ts";
import { DEFAULT_TYPES } from "../../src/runs/index.ts";
import { benchOf } from "../emulator/wire.ts";
import { openEmulatedPlace, runIdIn } from "../support/emulated-place.ts";

const emulated = await openEmulatedPlace({ mailboxes: 30, seed: 5 });
afterAll(() => emulated[Symbol.asyncDispose]());
const { here, emulator } = emulated;
const [tenant] = emulated.tenants;
await emulated.configure(
  "runs: { pollMs: 50, smallScope: 10 }\nrequests: { retryDelayMs: 10, maxRetries: 1 }",
);
emulator.setProfile({ quirks: { ...politeQuirks(), writeLagSeconds: 0 } });
const bench = await benchOf(emulator);

type Row = Readonly<Record<string, string>>;
interface Answer {
  readonly complete: boolean;
  readonly notes: readonly string[];
  readonly runs: readonly { readonly run: string; readonly leftOut: readonly string[] }[];
  readonly subject: { readonly id: string; readonly mailboxId: string; readonly type: string };
  readonly accesses: readonly {
    readonly right: string;
    readonly holder: { readonly id: string };
    readonly mailbox: { readonly id: string; readonly type: string };
    readonly status: string;
  }[];
}

const EVERYTHING = [...DEFAULT_TYPES, "group", ...GRANTOR_TYPES].join(",");

async function audit(
  ...words: readonly string[]
): Promise<{ readonly run: string; readonly exitCode: number | null }> {
  const { exitCode, stderr } = await here(["run", "permission-audit", "--tenant", tenant, ...words]);
  return { run: runIdIn(stderr), exitCode };
}

async function told<T>(...words: readonly string[]): Promise<T> {
  const { exitCode, stdout, stderr } = await here([...words, "-o", "json"]);
  expect({ exitCode, said: exitCode === 0 ? "" : stderr }).toEqual({ exitCode: 0, said: "" });
  return JSON.parse(stdout) as T;
}

async function listed(cmdlet: string, parameters: object = {}): Promise<readonly Row[]> {
  return (JSON.parse((await bench.invoke(cmdlet, parameters)).text) as { readonly value: readonly Row[] })
    .value;
}

const factsOf = ({ accesses }: Answer): readonly string[] =>
  accesses.map(({ right, holder, mailbox, status }) => `${right} ${holder.id} ${mailbox.id} ${status}`);
const factOf = (...parts: readonly unknown[]): string => parts.join(" ").toLowerCase();
const truth = (): readonly PermissionFact[] => [...emulator.truth(bench.tenantId, GRANTOR_SORTS)];

let usual = "";
let all = "";
let exitCode: number | null = -1;
let list: Row = {};
let dynamic: Row = {};
let deleted: Row = {};
let anna: Row = {};

beforeAll(async () => {
  [list = {}] = await listed("Get-DistributionGroup");
  [dynamic = {}] = await listed("Get-DynamicDistributionGroup");
  [deleted = {}] = await listed("Get-Mailbox", { SoftDeletedMailbox: true });
  [anna = {}] = await listed("Get-Mailbox", { RecipientTypeDetails: ["UserMailbox"], ResultSize: 1 });
  for (const Identity of [list["Guid"], dynamic["Guid"]])
    await bench.invoke("Add-RecipientPermission", {
      Identity,
      Trustee: anna["UserPrincipalName"],
      AccessRights: ["SendAs"],
    });
  usual = (await audit()).run;
}, 60_000);

test("without them a group cannot be looked up, and the answer says what to run", async () => {
  const ended = await here(["who-can-access", list["PrimarySmtpAddress"] ?? ""]);
  expect(ended).toMatchObject({ exitCode: 2, stdout: "" });
  expect(ended.stderr).toMatch(/is a group, and no kept run was about groups/);
  expect(ended.stderr).toContain(
    "--type user,shared,room,equipment,distribution-list,security-group,dynamic-list",
  );
});

test("what somebody can access says what it does not look at", async () => {
  const name = anna["UserPrincipalName"] ?? "";
  const { runs } = await told<Answer>("what-can-access", name);
  expect(runs.map(({ leftOut }) => leftOut)).toEqual([GRANTOR_TYPES]);
  expect((await here(["what-can-access", name])).stdout).toMatch(
    /: complete, not about distribution-list, security-group, dynamic-list, soft-deleted$/m,
  );
});

test("jobs about mailboxes refuse them before anything is asked", async () => {
  for (const job of ["forwarding-sweep", "nightly"]) {
    const ended = await here(["run", job, "--tenant", tenant, "--type", "user,soft-deleted,dynamic-list"]);
    expect(ended.exitCode).toBe(2);
    expect(ended.stderr).toMatch(/on soft-deleted, dynamic-list: it is about mailboxes only/);
    // Who has a part that does take them is told how.
    expect(ended.stderr.includes("permission-audit takes them, run by itself")).toBe(job === "nightly");
  }
  const unknown = await here(["run", "permission-audit", "--tenant", tenant, "--type", "distribution-lists"]);
  expect(unknown).toMatchObject({ exitCode: 2 });
  expect(unknown.stderr).toContain("distribution-list");
});

test("a plan tells what they cost: no call of a mailbox for a group, two of its own", async () => {
  const plan = await told<{
    readonly calls: readonly { readonly cmdlet: string; readonly count: number; readonly how: string }[];
  }>(
    "run",
    "permission-audit",
    "--tenant",
    tenant,
    "--plan-only",
    "--type",
    "distribution-list,soft-deleted",
  );
  const [lists, gone] = [
    (await listed("Get-DistributionGroup", { RecipientTypeDetails: "MailUniversalDistributionGroup" }))
      .length,
    (await listed("Get-Mailbox", { SoftDeletedMailbox: true })).length,
  ];
  const of = (cmdlet: string): readonly number[] =>
    plan.calls
      .filter((call) => call.cmdlet === cmdlet && call.how.startsWith("one per"))
      .map(({ count }) => count);
  expect(of("Get-MailboxPermission")).toEqual([gone]);
  expect([of("Get-DistributionGroup"), of("Get-DynamicDistributionGroup")]).toEqual([[lists], []]);
});

test("named, each is a target with its outcome, and over HTTP the rows are the truth", async () => {
  ({ run: all, exitCode } = await audit("--type", EVERYTHING));
  expect(exitCode).toBe(0);
  const { stdout } = await here(["export", all, "--format", "ndjson", "--include-noise"]);
  const rows = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  const found = rows.map((row) =>
    factOf(
      row["MailboxId"],
      row["Right"],
      row["Allow"],
      row["TrusteeSid"] === "unknown" ? "" : row["TrusteeSid"],
    ),
  );
  const known = truth().map(({ mailboxGuid, right, allow, trusteeSid }) =>
    factOf(mailboxGuid, right, allow, trusteeSid),
  );
  expect(found.toSorted()).toEqual(known.toSorted());
  const items = await told<readonly { readonly id: string; readonly outcome: string }[]>(
    "runs",
    "items",
    all,
  );
  const ids = items.map(({ id }) => id);
  expect(ids).toEqual(
    expect.arrayContaining([list["Guid"], dynamic["Guid"], `soft-deleted:${deleted["ExchangeGuid"]}`]),
  );
  expect(new Set(items.map(({ outcome }) => outcome))).toEqual(new Set(["ok"]));
});

test("look-ups find a group under all of its names, and what somebody can send as", async () => {
  const who = await told<Answer>("who-can-access", list["PrimarySmtpAddress"] ?? "");
  expect(who).toMatchObject({
    complete: true,
    notes: [],
    subject: { type: "group", mailboxId: list["Guid"] },
  });
  expect(who.runs.map(({ run }) => run)).toEqual([all]);
  expect(who.accesses.map(({ right, holder }) => `${right} ${holder.id}`)).toContain(
    `SendAs ${anna["ExternalDirectoryObjectId"]}`,
  );
  for (const name of ["Guid", "ExternalDirectoryObjectId", "Alias", "Name"])
    expect(factsOf(await told<Answer>("who-can-access", list[name] ?? ""))).toEqual(factsOf(who));
  const what = await told<Answer>("what-can-access", anna["UserPrincipalName"] ?? "");
  expect(what.runs).toEqual([expect.objectContaining({ run: all, leftOut: [] })]);
  const held = what.accesses.map(({ right, mailbox }) => `${right} ${mailbox.id} ${mailbox.type}`);
  expect(held).toEqual(
    expect.arrayContaining([
      `SendAs ${list["Guid"]} ${list["RecipientTypeDetails"]?.includes("Security") ? "security-group" : "distribution-list"}`,
      `SendAs ${dynamic["Guid"]} dynamic-list`,
    ]),
  );
  const gone = await told<Answer>("who-can-access", deleted["ExchangeGuid"] ?? "");
  expect(gone.subject.mailboxId).toBe(`soft-deleted:${deleted["ExchangeGuid"]}`);
  expect(gone.accesses.length).toBe(
    truth().filter(({ mailboxGuid, noise }) => mailboxGuid === deleted["ExchangeGuid"] && noise === "")
      .length,
  );
  const live = await told<{
    readonly accesses: readonly { readonly live: string; readonly source: { readonly kind: string } }[];
  }>("who-can-access", dynamic["Guid"] ?? "", "--live");
  const words = live.accesses.filter(({ source }) => source.kind !== "group").map((access) => access.live);
  expect(new Set(words)).toEqual(new Set(["still"]));
});

test("a later run without them ends nothing, and one that could not read a group says so", async () => {
  const before = await told<Answer>("who-can-access", dynamic["Guid"] ?? "");
  const later = (await audit()).run;
  expect(await told<Answer>("who-can-access", dynamic["Guid"] ?? "")).toEqual(
    expect.objectContaining({
      accesses: before.accesses.map((access) =>
        expect.objectContaining({ right: access.right, status: "seen" }),
      ),
      complete: true,
    }),
  );
  expect(
    (await told<{ readonly counts: { readonly mailboxes: object } }>("diff", usual, later)).counts.mailboxes,
  ).toMatchObject({ added: 0, gone: 0, unknown: 0 });

  await bench.invoke("Add-RecipientPermission", {
    Identity: list["Guid"],
    Trustee: deleted["ExternalDirectoryObjectId"],
    AccessRights: ["SendAs"],
  });
  await bench.invoke("Remove-RecipientPermission", {
    Identity: list["Guid"],
    Trustee: anna["UserPrincipalName"],
    AccessRights: ["SendAs"],
  });
  // It is listed twice, then asked for.
  emulator.addFaults([
    { match: { cmdlet: "Get-DynamicDistributionGroup", nth: 3 }, fault: { kind: "transient" }, times: 1_000 },
  ]);
  const again = await audit("--type", EVERYTHING);
  expect(again.exitCode).toBe(3);
  const { rows } = await told<{ readonly rows: readonly Readonly<Record<string, unknown>>[] }>(
    "diff",
    all,
    again.run,
  );
  const changes = rows.map(
    (row) => `${String(row["Change"])} ${String(row["MailboxId"])} ${String(row["Right"])}`,
  );
  expect(changes).toContain(`removed ${list["Guid"]} SendAs`);
  expect(
    changes
      .filter((change) => change.includes(dynamic["Guid"] ?? ""))
      .every((change) => change.startsWith("unknown")),
  ).toBe(true);
  const unread = await told<Answer>("who-can-access", dynamic["Guid"] ?? "");
  expect(unread.complete).toBe(false);
  expect(unread.notes.join("\n")).toMatch(/not read in run .* \(failed/);

  const between = await told<{ readonly rows: readonly Readonly<Record<string, unknown>>[] }>(
    "diff",
    usual,
    all,
  );
  expect(new Set(between.rows.map(({ Change }) => Change))).toEqual(new Set(["unknown"]));
}, 60_000);
