import { expect, test } from "vitest";
import { z } from "zod";
import { ExoError, type Exchange, type SendOptions } from "../../src/exo/index.ts";
import { type BulkRead, defineJob, type ExoRow, type GrantorType } from "../../src/job/index.ts";
import { enumerate } from "../../src/runs/enumerate.ts";
import type { Scope } from "../../src/runs/scope.ts";
import { freshJournal, newRun } from "../support/journal.ts";

const RUN = "run-1";

function mailbox(n: number, who: string, more: ExoRow = {}): ExoRow {
  return {
    ExchangeGuid: `aaaaaaaa-0000-4000-8000-00000000000${n}`,
    PrimarySmtpAddress: `${who}@x.example`,
    UserPrincipalName: `${who}@x.example`,
    Name: who,
    RecipientTypeDetails: "UserMailbox",
    ...more,
  };
}

const ANN = mailbox(1, "ann");
const BOB = mailbox(2, "bob");

interface Found {
  /** Each label with what it was sealed as. */
  readonly targets: Readonly<Record<string, string>>;
  /** Names asked for, those in a request of their own marked. */
  readonly asked: readonly string[];
  readonly lines: number;
}

/** @param answer the rows a name brings; `alone`: in a request of its own */
async function enumerated(
  scope: Scope,
  answer: (name: string, alone: boolean, cmdlet: string) => readonly ExoRow[] | undefined,
  bulk: readonly BulkRead<unknown>[] = [],
  grantors: readonly GrantorType[] = [],
): Promise<Found> {
  const asked: string[] = [];
  const exo: Exchange = {
    invoke: (cmdlet, { Identity }, options: SendOptions = {}) => {
      const alone = options.alone !== undefined && options.alone.company !== true;
      const name = typeof Identity === "string" ? Identity : "";
      asked.push(`${name}${alone ? " alone" : ""}`);
      const rows = answer(name, alone, cmdlet);
      if (rows !== undefined) {
        const sent = { sentAtMs: 0, answeredAtMs: 0 };
        return Promise.resolve({ rows, warnings: [], errors: [], requestId: undefined, ...sent });
      }
      const gone = { cmdlet, kind: "not-found", remedy: "gone" } as const;
      return Promise.reject(new ExoError(`Cannot run ${cmdlet}`, gone));
    },
    pages: () => {
      throw new Error("not asked for here");
    },
    cmdlets: () => Promise.reject(new Error("not asked for here")),
    load: { waiting: 0, inFlight: 0 },
    close: () => Promise.resolve(),
  };
  const job = defineJob({
    name: "test-job",
    summary: "Tests the enumeration",
    writes: false,
    params: z.strictObject({}),
    columns: ["Text"],
    cmdlets: [{ cmdlet: "Get-Mailbox", role: "View-Only Organization Management", per: "target" }],
    naiveCallsPerTarget: 1,
    grantors,
    bulk,
    perform: () => Promise.resolve([]),
    judge: () => ({ observe: () => undefined, report: (rows) => rows }),
  });
  const journal = await freshJournal();
  await journal.createRun(newRun({ job: "apply-changes" }));
  await journal.moveRun(RUN, ["planned"], "enumerating");
  await enumerate({
    journal,
    exo,
    job,
    run: RUN,
    params: {},
    scope,
    smallScope: 20,
    signal: new AbortController().signal,
  });
  const targets: Record<string, string> = {};
  let lines = 0;
  for await (const chunk of journal.targets(RUN)) {
    lines += chunk.length;
    for (const { label, data } of chunk) {
      const text = JSON.stringify(data);
      targets[label] = text.includes('"nobody"') ? "nobody" : (/"value for (\w+)"/.exec(text)?.[1] ?? "read");
    }
  }
  return { targets, asked, lines };
}

function planFor(...identities: string[]): Scope {
  return {
    kind: "changes",
    changes: identities.map((identity) => ({
      identity,
      cmdlet: "Set-Mailbox",
      parameters: { CustomAttribute1: `value for ${identity.replace(/\W.*/, "")}` },
    })),
  };
}

test("names whose answers carry them are asked for once, whatever kind of name it is", async () => {
  const ann = {
    ...ANN,
    EmailAddresses: ["SMTP:ann@x.example", "smtp:Annie@x.example"],
    SamAccountName: "a1",
  };
  for (const name of [
    "ann@x.example",
    "annie@X.example",
    "ANN",
    "a1",
    "AAAAAAAA-0000-4000-8000-000000000001",
  ]) {
    const { targets, asked } = await enumerated(planFor(name), () => [ann]);
    expect(Object.keys(targets)).toEqual(["ann@x.example"]);
    expect(asked).toEqual([name]);
  }
});

test("answers that trade places in a batch bring no change to the other's mailbox", async () => {
  const plan = planFor("ann@x.example", "bob@x.example");
  const { targets, asked } = await enumerated(plan, (name, alone) =>
    (name === "ann@x.example") === alone ? [ANN] : [BOB],
  );
  expect(targets).toEqual({ "ann@x.example": "ann", "bob@x.example": "bob" });
  expect(asked).toEqual(["ann@x.example", "bob@x.example", "ann@x.example alone", "bob@x.example alone"]);
});

test("an address that no answer carries, also alone, is nobody's: in a plan and in a list", async () => {
  const swapped = (name: string): readonly ExoRow[] => (name === "ann@x.example" ? [BOB] : [ANN]);
  const names = ["ann@x.example", "bob@x.example"];
  const nobody = { "ann@x.example": "nobody", "bob@x.example": "nobody" };
  expect((await enumerated(planFor(...names), swapped)).targets).toEqual(nobody);
  expect((await enumerated({ kind: "list", identities: names }, swapped)).targets).toEqual(nobody);
});

test("a name that cannot be sent is nobody's, and the others go on", async () => {
  const { targets } = await enumerated(planFor("ann@x.example", "many*"), (name) => {
    if (name !== "many*") return [ANN];
    throw new ExoError("Cannot send Get-Mailbox: Identity holds a wildcard", {
      cmdlet: "Get-Mailbox",
      kind: "refused-here",
      remedy: "give-up",
    });
  });
  expect(targets).toEqual({ "ann@x.example": "ann", "many*": "nobody" });
});

test("every change planned for a name nobody has is a line of its own", async () => {
  const one = { identity: "ann@x.example", cmdlet: "Set-Mailbox" };
  const changes = [
    { ...one, parameters: { CustomAttribute1: "a" } },
    { ...one, parameters: { CustomAttribute2: "b" } },
    { ...one, parameters: { CustomAttribute2: "b" } },
  ];
  const { targets, lines } = await enumerated({ kind: "changes", changes }, () => []);
  expect(targets).toEqual({ "ann@x.example": "nobody" });
  expect(lines).toBe(2);
});

test("a name that is only the beginning of another's means nobody, and the exact one where there is one", async () => {
  const gosho = mailbox(3, "gosho");
  const twin = mailbox(4, "gosho2");
  expect((await enumerated(planFor("gosho"), () => [twin])).targets).toEqual({ gosho: "nobody" });
  expect((await enumerated(planFor("gosho"), () => [twin, gosho])).targets).toEqual({
    "gosho@x.example": "gosho",
  });
});

test("a name of a kind that answers do not show is believed when a request of its own brings the same mailbox", async () => {
  const name = "X\\ann";
  const same = await enumerated(planFor(name), () => [ANN]);
  expect(Object.keys(same.targets)).toEqual(["ann@x.example"]);
  expect(same.asked).toEqual([name, `${name} alone`]);
  const other = await enumerated(planFor(name), (_, alone) => (alone ? [ANN] : [BOB]));
  expect(other.targets).toEqual({ [name]: "nobody" });
  const gone = await enumerated(planFor(name), (_, alone) => (alone ? undefined : [BOB]));
  expect(gone.targets).toEqual({ [name]: "nobody" });
});

test("a small run has the bulk reads of the tenant's own settings, and no others", async () => {
  const nothing = async function* (): AsyncGenerator<never> {};
  const { targets } = await enumerated({ kind: "list", identities: ["ann"] }, () => [ANN], [
    { name: "all-mailboxes", cmdlet: "Get-CASMailbox", perform: nothing },
    { name: "settings", cmdlet: "Get-TransportConfig", always: true, perform: nothing },
  ]);
  expect(Object.keys(targets)).toEqual(["ann@x.example", "Get-TransportConfig of the whole tenant"]);
});

test("a name of a list that no mailbox has may be a group's, for a job that takes groups", async () => {
  const staff: ExoRow = {
    Guid: "cccccccc-0000-4000-8000-000000000001",
    PrimarySmtpAddress: "staff@x.example",
    EmailAddresses: ["SMTP:staff@x.example", "smtp:all@x.example"],
    Name: "staff",
    RecipientTypeDetails: "MailUniversalSecurityGroup",
  };
  const answer = (name: string, _: boolean, cmdlet: string): readonly ExoRow[] | undefined => {
    if (cmdlet === "Get-Mailbox") return name === "ann" ? [ANN] : undefined;
    return cmdlet === "Get-DistributionGroup" && name !== "nobody" ? [staff] : undefined;
  };
  const scope: Scope = { kind: "list", identities: ["all@x.example", "ann", "nobody"] };
  const found = await enumerated(scope, answer, [], ["distribution-list", "security-group"]);
  expect(found.targets).toEqual({ "staff@x.example": "read", "ann@x.example": "read", nobody: "nobody" });
  expect(found.asked.filter((name) => name === "ann")).toHaveLength(1);
  const mailboxes = await enumerated(scope, answer);
  expect(mailboxes.targets).toMatchObject({ "all@x.example": "nobody", "ann@x.example": "read" });
  expect(mailboxes.asked).toEqual(scope.identities);
});
