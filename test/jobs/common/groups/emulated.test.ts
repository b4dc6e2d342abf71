/** Groups on folders, and groups that mail is forwarded to, against the emulator's truth, which walks every group anew for everything it is given. */
import { expect, test } from "vitest";
import { folderPermissionAudit } from "../../../../jobs/folder-permission-audit.ts";
import { forwardingSweep } from "../../../../jobs/forwarding-sweep.ts";
import { permissionAudit } from "../../../../jobs/permission-audit.ts";
import { nightly } from "../../../../jobs/nightly.ts";
import type { FolderEntryFact, GroupReceiverFact, Organisation } from "../../../../src/emulator/cmdlet.ts";
import type { FoundRow, Job, Row } from "../../../../src/job/index.ts";
import { beside, type FoundAccess, whatCanAccess, whoCanAccess } from "../../../../src/reports/index.ts";
import { JobContexts } from "../../../../src/runs/contexts.ts";
import { readLive, RunDirectory } from "../../../../src/runs/index.ts";
import { emulatedExchange } from "../../../support/emulated-exchange.ts";
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

function add(emulated: Organisation, group: string, member: string): void {
  const parameters = new Map([
    ["identity", group],
    ["member", member],
  ]);
  const cmdlet = emulated.cmdlets.get("add-distributiongroupmember");
  cmdlet?.run({ parameters, spelling: new Map(), nowMs: 0, connectionId: "c" });
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

test("a contact in a group is sent its mail, and can open nothing by it", async () => {
  const emulated = organisation(60);
  forward(emulated);
  const contact = [...emulated.principals()].find(({ type }) => type === "MailContact")?.objectId ?? "";
  const groups = [...emulated.principals()].filter(({ type }) => type === "MailUniversalSecurityGroup");
  for (const { objectId } of groups) add(emulated, objectId, contact);
  const forwarding = await runEmulated(forwardingSweep, emulated, { record: true });
  const sent = await whatCanAccess(lookUpIn(forwarding, [forwardingSweep]), contact);
  expect(sent.accesses.length).toBeGreaterThan(0);
  expect(new Set(sent.accesses.map(({ right, source }) => `${right} ${source.held?.kind}`))).toEqual(
    new Set(["ReceivesMail forwarding"]),
  );
  const who = await whoCanAccess(lookUpIn(forwarding, [forwardingSweep]), sent.accesses[0]?.mailbox.id ?? "");
  expect(who.accesses.map(({ holder }) => holder.id)).toContain(contact);
  const findings = forwarding.rows.map(({ row }) => String(row["Finding"]));
  expect(findings.some((finding) => finding.includes("external-forwarding-by-group"))).toBe(true);

  const audit = await runEmulated(permissionAudit, emulated, { record: true });
  const held = audit.rows.filter(({ row }) => groups.some(({ objectId }) => objectId === row["TrusteeId"]));
  expect(held.length).toBeGreaterThan(0);
  const opened = whatCanAccess(lookUpIn(audit, [permissionAudit]), contact);
  await expect(opened.then(({ accesses }) => accesses)).resolves.toEqual([]);
});

/** Takes somebody out of a group, and puts somebody else in. */
function change(emulated: Organisation, group: string, leaver: string, comer: string): void {
  for (const [cmdlet, member] of [
    ["remove-distributiongroupmember", leaver],
    ["add-distributiongroupmember", comer],
  ] as const) {
    const parameters = new Map([
      ["identity", group],
      ["member", member],
    ]);
    const answer = emulated.cmdlets
      .get(cmdlet)
      ?.run({ parameters, spelling: new Map(), nowMs: 0, connectionId: "c" });
    expect(answer?.kind).toBe("nothing");
  }
}

/** An access by a group of somebody with a mailbox, directly in it, and somebody with a mailbox who is not. */
async function wayIn(emulated: Organisation, run: EmulatedRun, { job, isOf }: Kind) {
  const people = new Map(
    [...emulated.principals()].flatMap((one) =>
      one.mailboxGuid === "" ? [] : [[one.objectId, one] as const],
    ),
  );
  const kinds = new Map([...emulated.principals()].map(({ objectId, type }) => [objectId, type]));
  const facts = [...emulated.groupReceivers()].filter((known) => isOf(known, emulated));
  const way = facts.find(
    ({ groups, personId, groupId }) =>
      groups === 1 && people.has(personId) && kinds.get(groupId)?.startsWith("MailUniversal") === true,
  );
  if (way === undefined) throw new Error("Nobody comes in by a group");
  const inside = new Set(
    facts.filter(({ groupId }) => groupId === way.groupId).map(({ personId }) => personId),
  );
  const comer = [...people.keys()].find((id) => !inside.has(id)) ?? "";
  return { way, comer, lookUp: lookUpIn(run, [job]) };
}

test.each(KINDS)("$job.name: a live look says who is in the groups now", async (kind) => {
  const { job } = kind;
  const emulated = organisation(60);
  forward(emulated);
  const params = job === folderPermissionAudit ? { folders: "all" } : {};
  const run = await runEmulated(job, emulated, { params, record: true });
  const { way, comer, lookUp } = await wayIn(emulated, run, kind);
  const who = await whoCanAccess(lookUp, way.mailboxGuid);
  const what = await whatCanAccess(lookUp, way.personId);
  change(emulated, way.groupId, way.personId, comer);

  const look = async (answer: typeof who) => {
    const exchange = emulatedExchange(emulated);
    const ids = new Set([way.mailboxGuid, ...answer.accesses.map(({ mailbox }) => mailbox.id)]);
    const targets = await Promise.all([...ids].map((id) => run.journal.targetById("r1", id)));
    const record = await run.journal.run("r1");
    if (record === undefined) throw new Error("There is no run");
    const groups = new Set(answer.accesses.flatMap(({ source }) => source.group?.toLowerCase() ?? []));
    const read = await readLive({
      exchange,
      job,
      run: { ...record, params },
      targets: targets.filter((target) => target !== undefined),
      signal: new AbortController().signal,
      ...(answer === what && { groups }),
    });
    return { live: await beside(answer, [{ job, ...read }], false), calls: exchange.calls };
  };
  const { live } = await look(who);
  const words = new Map(
    who.accesses.map(({ holder, source }, place) => [
      `${holder.id} ${source.group ?? ""}`,
      live.words[place],
    ]),
  );
  expect(words.get(`${way.personId} ${way.groupId}`)).toBe("gone");
  expect(new Set(words.values())).toEqual(new Set(["gone", "still"]));
  expect(live.added.length).toBeGreaterThan(0);
  for (const { holder, source } of live.added)
    expect([holder.id, source.group]).toEqual([comer, way.groupId]);
  expect(live.groups.unread).toEqual([]);

  const { live: own, calls } = await look(what);
  const by = what.accesses.map(({ source }, place) => [source.group === way.groupId, own.words[place]]);
  expect(by.filter(([isIt]) => isIt).length).toBeGreaterThan(0);
  expect(by).toEqual(by.map(([isIt]) => [isIt, isIt === true ? "gone" : "still"]));
  expect(own.added).toEqual([]);
  expect(calls.get("Get-DistributionGroupMember")).toBeLessThanOrEqual(
    own.groups.read + what.accesses.length,
  );
});

test("a live look says nothing of folders it does not look at", async () => {
  const emulated = organisation(60);
  const run = await runEmulated(folderPermissionAudit, emulated, {
    params: { folders: "all" },
    record: true,
  });
  const [inbox] = [...emulated.folderEntries()].filter(
    ({ folderType, userId }) => userId !== "" && !/^(Calendar|Recover)/.test(folderType),
  );
  const mailbox = inbox?.mailboxGuid ?? "";
  const answer = await whoCanAccess(lookUpIn(run, [folderPermissionAudit]), mailbox);
  const [target, record] = [await run.journal.targetById("r1", mailbox), await run.journal.run("r1")];
  if (target === undefined || record === undefined) throw new Error("There is no run");
  const read = await readLive({
    exchange: emulatedExchange(emulated),
    job: folderPermissionAudit,
    run: { ...record, id: "r2", params: { folders: "calendar" } },
    targets: [target],
    signal: new AbortController().signal,
  });
  const { words } = await beside(answer, [{ job: folderPermissionAudit, ...read }], false);
  const place = answer.accesses.findIndex(({ source }) => source.path.join() === inbox?.path);
  expect(words[place]).toBe("unread");
});

test("a read of members that is made again for a redrive reads them anew; for a restart it goes on", async () => {
  const [kind] = KINDS;
  if (kind === undefined) throw new Error("There is no kind");
  const emulated = organisation(60);
  const run = await runEmulated(folderPermissionAudit, emulated, {
    params: { folders: "all" },
    record: true,
  });
  const { way, comer, lookUp } = await wayIn(emulated, run, kind);
  const before = await whatCanAccess(lookUp, way.personId);
  expect(before.accesses.map(({ source }) => source.group)).toContain(way.groupId);
  change(emulated, way.groupId, way.personId, comer);
  const again = async (redrive: number): Promise<number> => {
    const exchange = emulatedExchange(emulated);
    const contexts = new JobContexts(run.journal, async () => exchange);
    const counts = new Map<string, number>();
    const facts = { id: "r1", job: folderPermissionAudit, params: {}, tenant: "t", tenantId: "t" };
    const task = { run: "r1", line: 1, tenantId: "t" };
    const { signal } = new AbortController();
    const context = await contexts.bulk({ task, run: facts, signal, redrive, counts, suspect: undefined });
    for (const bulk of folderPermissionAudit.bulk)
      for await (const _ of bulk.perform({ ...context, params: folderPermissionAudit.params.parse({}) }))
        expect.fail();
    return counts.get("groups-read") ?? 0;
  };
  expect(await again(0)).toBe(0);
  const read = await again(1);
  expect(read).toBeGreaterThan(0);
  // Killed and begun again, it has what it read.
  expect(await again(1)).toBe(0);
  const after = await whatCanAccess(lookUp, way.personId);
  expect(after.accesses.map(({ source }) => source.group)).not.toContain(way.groupId);
  const { accesses } = await whatCanAccess(lookUp, comer);
  const [now] = accesses.filter(({ source }) => source.group === way.groupId);
  const [then] = before.accesses.filter(({ source }) => source.group === way.groupId);
  expect(Date.parse(now?.source.readAt ?? "")).toBeGreaterThan(Date.parse(then?.source.readAt ?? ""));
});
