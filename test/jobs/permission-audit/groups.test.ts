/** Groups of an organisation of the emulator against its own truth, which walks every group anew for every right it holds. */
import { expect, test } from "vitest";
import { permissionAudit } from "../../../jobs/permission-audit.ts";
import { GRANTOR_SORTS, type GroupAccessFact, type Organisation } from "../../../src/emulator/cmdlet.ts";
import type { FoundRow } from "../../../src/job/index.ts";
import { whatCanAccess, whoCanAccess } from "../../../src/reports/index.ts";
import { RunDirectory } from "../../../src/runs/index.ts";
import { type EmulatedRun, organisation, runEmulated } from "../../support/emulated-run.ts";
import { EVERY_TYPE, fact, heldFacts, heldTruth } from "../../support/permission-facts.ts";

/** Nests ten groups, the last in the first; puts everybody in the third, and one person in by two ways. */
function tangle(emulated: Organisation): readonly string[] {
  const groups = [...emulated.principals()].filter(({ type }) => type === "MailUniversalSecurityGroup");
  const ring = groups.slice(0, 10).map(({ objectId }) => objectId);
  const everybody = [...emulated.principals()].find(({ type }) => type === "DynamicDistributionGroup");
  const add = (Identity: string, Member: string): void => {
    const cmdlet = emulated.cmdlets.get("add-distributiongroupmember");
    const parameters = new Map([
      ["identity", Identity],
      ["member", Member],
    ]);
    cmdlet?.run({ parameters, spelling: new Map(), nowMs: 0, connectionId: "c" });
  };
  for (const [place, id] of ring.entries()) add(id, ring[(place + 1) % ring.length] ?? "");
  add(ring[2] ?? "", everybody?.objectId ?? "");
  return ring;
}

function factsOf(rows: readonly FoundRow[]): string[] {
  return rows
    .filter(({ row }) => row["TrusteeClass"] === "group-member")
    .map(({ row }) => {
      const groups = String(row["GroupPath"]).split("; ").length;
      return fact(row["MailboxId"], row["Right"], row["Allow"], row["ViaGroupId"], row["TrusteeId"], groups);
    });
}

function truthOf(facts: Iterable<GroupAccessFact>): string[] {
  return [...facts].map((known) =>
    fact(known.mailboxGuid, known.right, known.allow, known.groupId, known.personId, known.groups),
  );
}

/** Of a group whose members go by names that several have, nobody can tell who they are. */
function withGaps(rows: readonly FoundRow[]): ReadonlySet<unknown> {
  const groups = rows.filter(
    ({ row }) => row["TrusteeClass"] === "group" && row["GroupPeople"] === "unknown",
  );
  return new Set(groups.map(({ row }) => String(row["TrusteeId"]).toLowerCase()));
}

test("5,000 mailboxes, their groups and deleted ones: who holds what, who comes in by which group, and over how many, is exactly the truth", async () => {
  const emulated = organisation(5_000);
  const { rows, calls, counts } = await runEmulated(permissionAudit, emulated, {
    params: { expand: "rows" },
    types: EVERY_TYPE,
  });
  const [held, holds] = [new Set(heldFacts(rows)), new Set(heldTruth(emulated, GRANTOR_SORTS))];
  expect([...held].filter((line) => !holds.has(line)).slice(0, 5)).toEqual([]);
  expect([...holds].filter((line) => !held.has(line)).slice(0, 5)).toEqual([]);
  expect(heldFacts(rows)).toHaveLength(holds.size);
  for (const type of EVERY_TYPE) expect(rows.some(({ row }) => row["MailboxType"] === type)).toBe(true);
  const gaps = withGaps(rows);
  const isWhole = (line: string): boolean => !gaps.has(line.split(" | ")[3]);
  const truth = truthOf(emulated.groupAccess(GRANTOR_SORTS));
  const found = factsOf(rows);
  const [known, really] = [new Set(found), new Set(truth)];
  expect(found.filter((line) => !really.has(line)).slice(0, 5)).toEqual([]);
  expect(truth.filter((line) => !known.has(line) && isWhole(line)).slice(0, 5)).toEqual([]);
  expect(found.length).toBe(known.size);
  expect(found.length).toBeGreaterThan(9_000);
  // Each group once, whatever it holds; counted by what it is asked for with.
  const asked = ["Get-DistributionGroupMember", "Get-RoleGroupMember"].map((name) => calls.get(name) ?? 0);
  expect(asked.reduce((sum, one) => sum + one)).toBeLessThanOrEqual(counts.get("groups-read") ?? 0);
  const holding = rows.filter(({ row }) => row["TrusteeClass"] === "group");
  expect(holding.length).toBeGreaterThan(2 * (counts.get("groups-read") ?? Number.POSITIVE_INFINITY));
  expect(gaps.size).toBeLessThan(new Set(holding.map(({ row }) => row["TrusteeId"])).size / 4);
}, 120_000);

function lookUpIn(run: EmulatedRun) {
  return {
    journal: run.journal,
    catalogue: [permissionAudit],
    tenant: "t",
    findIn: (id: string) => new RunDirectory(id, run.journal, undefined),
  };
}

test("rings, and the whole tenant in a group: rows say how many come in, look-ups from either side who, and by which way", async () => {
  const emulated = organisation(400);
  tangle(emulated);
  const run = await runEmulated(permissionAudit, emulated, { record: true });
  const { rows } = run;
  const people = Map.groupBy(emulated.groupAccess(), ({ mailboxGuid, right, allow, groupId }) =>
    fact(mailboxGuid, right, allow, groupId),
  );
  const guests = new Set(
    [...emulated.principals()].filter(({ guest }) => guest).map(({ objectId }) => objectId),
  );
  let largest = 0;
  const gaps = withGaps(rows);
  for (const { noise, row } of rows) {
    const id = String(row["TrusteeId"]).toLowerCase();
    if (row["TrusteeClass"] !== "group" || noise !== undefined || gaps.has(id)) continue;
    const own = people.get(fact(row["MailboxId"], row["Right"], row["Allow"], row["TrusteeId"])) ?? [];
    expect([row["GroupPeople"], row["GroupGuests"]]).toEqual([
      own.length,
      own.filter(({ personId }) => guests.has(personId)).length,
    ]);
    largest = Math.max(largest, own.length);
  }
  expect(largest).toBeGreaterThan(300);

  const lookUp = lookUpIn(run);
  const facts = [...emulated.groupAccess()].filter(({ groupId }) => !gaps.has(groupId.toLowerCase()));
  const byMailbox = Map.groupBy(facts, ({ mailboxGuid }) => mailboxGuid);
  const byPerson = Map.groupBy(facts, ({ personId }) => personId);
  let told = 0;
  for (const [mailboxGuid, own] of [...byMailbox].slice(0, 40)) {
    const { accesses } = await whoCanAccess(lookUp, mailboxGuid);
    const found = accesses
      .filter(({ source }) => source.group !== undefined && !gaps.has(source.group.toLowerCase()))
      .map(({ right, allow, source, holder }) =>
        fact(mailboxGuid, right, allow, source.group, holder.id, source.path.length),
      );
    expect(found.toSorted()).toEqual(truthOf(own).toSorted());
    told += found.length;
  }
  for (const [personId, own] of [...byPerson].slice(0, 40)) {
    const { accesses, notes } = await whatCanAccess(lookUp, personId);
    const found = accesses
      .filter(({ source }) => source.group !== undefined && !gaps.has(source.group.toLowerCase()))
      .map(({ mailbox, right, allow, source }) =>
        fact(mailbox.id, right, allow, source.group, personId, source.path.length),
      );
    expect(found.toSorted()).toEqual(truthOf(own).toSorted());
    expect(notes.join()).not.toContain("groups");
    told += found.length;
  }
  expect(told).toBeGreaterThan(3_000);
});

test("a small run knows the groups of its mailboxes, and people in them by their addresses", async () => {
  const emulated = organisation(60);
  const run = await runEmulated(permissionAudit, emulated, { smallScope: 100, record: true });
  const lookUp = lookUpIn(run);
  const gaps = withGaps(run.rows);
  const [some] = [...emulated.groupAccess()].filter(({ groupId }) => !gaps.has(groupId.toLowerCase()));
  const person = [...emulated.principals()].find(({ objectId }) => objectId === some?.personId);
  const { accesses } = await whatCanAccess(lookUp, person?.primarySmtpAddress ?? "");
  expect(accesses.map(({ mailbox, source }) => [mailbox.id, source.group])).toContainEqual([
    some?.mailboxGuid,
    some?.groupId,
  ]);
});

test("rows for people stop where they were told to, and how many are left out is counted", async () => {
  const emulated = organisation(120);
  const params = { expand: "rows", expandMost: 50 };
  const { rows, counts } = await runEmulated(permissionAudit, emulated, { params });
  const all = await runEmulated(permissionAudit, emulated, { params: { expand: "rows" } });
  expect(factsOf(rows)).toHaveLength(50);
  expect(counts.get("group-rows-left-out")).toBe(factsOf(all.rows).length - 50);
});

test("nothing is asked of groups where that was not wanted, and their people stay unknown", async () => {
  const { rows, calls } = await runEmulated(permissionAudit, organisation(120), {
    params: { expand: "none" },
  });
  expect(calls.has("Get-DistributionGroupMember")).toBe(false);
  const people = rows
    .filter(({ row }) => row["TrusteeClass"] === "group")
    .map(({ row }) => row["GroupPeople"]);
  expect(new Set(people)).toEqual(new Set(["unknown"]));
});
