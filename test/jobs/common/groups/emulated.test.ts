/** Groups on folders, and groups that mail is forwarded to, against the emulator's truth, which walks every group anew for everything it is given. */
import { expect, test } from "vitest";
import { folderPermissionAudit } from "../../../../jobs/folder-permission-audit.ts";
import { forwardingSweep } from "../../../../jobs/forwarding-sweep.ts";
import { nightly } from "../../../../jobs/nightly.ts";
import type { FolderEntryFact, GroupReceiverFact, Organisation } from "../../../../src/emulator/cmdlet.ts";
import type { FoundRow, Job, Row } from "../../../../src/job/index.ts";
import { type FoundAccess, whatCanAccess, whoCanAccess } from "../../../../src/reports/index.ts";
import { RunDirectory } from "../../../../src/runs/index.ts";
import { type EmulatedRun, organisation, runEmulated } from "../../../support/emulated-run.ts";

function lookUpIn(run: EmulatedRun, catalogue: readonly Job[]) {
  return {
    journal: run.journal,
    catalogue,
    tenant: "t",
    findIn: (id: string) => new RunDirectory(id, run.journal, undefined),
  };
}

function fact(...parts: readonly unknown[]): string {
  return parts.join(" | ").toLowerCase();
}

interface Kind {
  readonly job: Job;
  readonly mailboxes: number;
  readonly isOf: (fact: GroupReceiverFact, emulated: Organisation) => boolean;
  readonly groupIn: (row: Row) => string | undefined;
  /** What tells places within a mailbox apart, in a fact and in an answer. */
  readonly placeOf: (fact: GroupReceiverFact, emulated: Organisation) => string;
}

const foldersOf = new WeakMap<Organisation, ReadonlyMap<string, FolderEntryFact>>();
function folderOf(emulated: Organisation, folderId: string): FolderEntryFact | undefined {
  const known =
    foldersOf.get(emulated) ?? new Map([...emulated.folderEntries()].map((entry) => [entry.folderId, entry]));
  foldersOf.set(emulated, known);
  return known.get(folderId);
}

/** Sends the mail of ten mailboxes to a group each. */
function forward(emulated: Organisation): void {
  const groups = [...emulated.principals()].filter(({ type }) =>
    ["MailUniversalDistributionGroup", "MailUniversalSecurityGroup"].includes(type),
  );
  for (const [place, mailbox] of [...emulated.targets()].slice(20, 30).entries()) {
    const parameters = new Map([
      ["identity", mailbox],
      ["forwardingaddress", groups[place]?.objectId ?? ""],
    ]);
    emulated.cmdlets
      .get("set-mailbox")
      ?.run({ parameters, spelling: new Map(), nowMs: 0, connectionId: "c" });
  }
}

const KINDS: readonly Kind[] = [
  {
    job: folderPermissionAudit,
    mailboxes: 200,
    // Exchange's own folders are nobody's business.
    isOf: ({ folderId }, emulated) =>
      folderOf(emulated, folderId)?.folderType.startsWith("Recoverable") === false,
    groupIn: (row) => (row["UserClass"] === "group" ? String(row["UserId"]) : undefined),
    placeOf: ({ folderId }, emulated) => folderOf(emulated, folderId)?.path ?? "",
  },
  {
    job: forwardingSweep,
    mailboxes: 200,
    isOf: ({ folderId }) => folderId === "",
    groupIn: (row) => (row["DestinationType"] === "group" ? String(row["DestinationId"]) : undefined),
    placeOf: () => "",
  },
];

/** Those whose members go by names that several have. */
function gapsIn(rows: readonly FoundRow[], groupIn: Kind["groupIn"]): ReadonlySet<string | undefined> {
  const unknown = rows.filter(({ row }) => row["GroupPeople"] === "unknown");
  return new Set(unknown.map(({ row }) => groupIn(row)?.toLowerCase()));
}

test.each(KINDS)(
  "$job.name: how many come in by each group, who, and by which way, is the truth from either side",
  async ({ job, mailboxes, isOf, groupIn, placeOf }) => {
    const emulated = organisation(mailboxes);
    forward(emulated);
    const params = job === folderPermissionAudit ? { folders: "all" } : {};
    const run = await runEmulated(job, emulated, { params, record: true });
    const gaps = gapsIn(run.rows, groupIn);
    const facts = [...emulated.groupReceivers()].filter(
      (known) => isOf(known, emulated) && !gaps.has(known.groupId.toLowerCase()),
    );
    const guests = new Set(
      [...emulated.principals()].filter(({ guest }) => guest).map(({ objectId }) => objectId),
    );
    const byGroup = Map.groupBy(facts, ({ groupId }) => groupId.toLowerCase());
    let groups = 0;
    for (const { row } of run.rows) {
      const group = groupIn(row)?.toLowerCase();
      if (group !== undefined && gaps.has(group)) continue;
      const own = group === undefined ? [] : (byGroup.get(group) ?? []);
      const people = new Map(own.map(({ personId }) => [personId, guests.has(personId)]));
      const counted = [people.size, [...people.values()].filter(Boolean).length];
      expect([row["GroupPeople"], row["GroupGuests"]]).toEqual(group === undefined ? [null, null] : counted);
      if (group !== undefined) groups += 1;
    }
    expect(groups).toBeGreaterThan(5);

    const lookUp = lookUpIn(run, [job]);
    const toldBy = (known: GroupReceiverFact): string =>
      fact(known.mailboxGuid, placeOf(known, emulated), known.groupId, known.personId, known.groups);
    const isThrough = ({ source }: FoundAccess): boolean =>
      source.group !== undefined && !gaps.has(source.group.toLowerCase());
    const hasGap = ({ holder }: FoundAccess): boolean => gaps.has(holder.id.toLowerCase());
    const foundIn = ({ mailbox, source, holder }: FoundAccess, person = holder.id): string => {
      const held = source.held?.path ?? [];
      expect(source.held?.kind).toBe(job === folderPermissionAudit ? "folder" : "forwarding");
      expect(source.readAt).toMatch(/^\d{4}-\d{2}-\d{2}T/);
      return fact(mailbox.id, held.join(), source.group, person, source.path.length - held.length);
    };
    let told = 0;
    for (const [mailbox, own] of [...Map.groupBy(facts, ({ mailboxGuid }) => mailboxGuid)].slice(0, 20)) {
      const { accesses, notes } = await whoCanAccess(lookUp, mailbox);
      // Contacts are sent mail, too, and have no account.
      const through = accesses.filter((access) => isThrough(access) && access.holder.type !== "contact");
      expect(through.map((access) => foundIn(access)).toSorted()).toEqual(own.map(toldBy).toSorted());
      expect(notes.join().includes("members were not")).toBe(accesses.some(hasGap));
      told += through.length;
    }
    for (const [person, own] of [...Map.groupBy(facts, ({ personId }) => personId)].slice(0, 20)) {
      const { accesses, notes } = await whatCanAccess(lookUp, person);
      const through = accesses.filter(isThrough);
      expect(through.map((access) => foundIn(access, person)).toSorted()).toEqual(own.map(toldBy).toSorted());
      expect(notes.join()).not.toContain("through groups");
      told += through.length;
    }
    expect(told).toBeGreaterThan(100);
  },
  60_000,
);

test("a night reads each group once for all its jobs, and answers for each", async () => {
  const emulated = organisation(150);
  const jobs = ["permission-audit", "folder-permission-audit", "forwarding-sweep"];
  const run = await runEmulated(nightly, emulated, { params: { jobs } });
  const parts = new Set(
    run.rows.filter(({ row }) => Number(row["GroupPeople"]) > 0).map(({ row }) => row["Job"]),
  );
  expect([...parts]).toEqual(expect.arrayContaining(["permission-audit", "folder-permission-audit"]));
  const reads = run.counts.get("groups-read") ?? 0;
  const alone = await Promise.all(
    jobs.map(async (name) => {
      const { counts } = await runEmulated(nightly, emulated, { params: { jobs: [name] } });
      return counts.get("groups-read") ?? 0;
    }),
  );
  expect(reads).toBeLessThan(alone.reduce((sum, one) => sum + one, 0));
  expect(reads).toBeGreaterThanOrEqual(Math.max(...alone));
});
