/** A comparison tells who came into groups that hold rights, and who left them. */
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { GroupMember } from "../../src/job/index.ts";
import type { RunRecord } from "../../src/journal/index.ts";
import {
  comparable,
  type Delta,
  exportDelta,
  GroupBook,
  renderDeltaHead,
  renderMembers,
} from "../../src/reports/index.ts";
import { freshJournal } from "../support/journal.ts";
import { AUDIT, deltaOf, writeRun } from "./delta-runs.ts";

interface Group {
  /** Ids of its members; one that is the id of a group is that group. */
  readonly members: readonly string[];
  readonly gap?: string;
  /** It is nested only. */
  readonly holdsNothing?: true;
}
type Groups = Readonly<Record<string, Group>>;

function member(id: string, groups: Groups): GroupMember {
  return {
    id,
    displayName: `Name of ${id}`,
    address: `${id}@contoso.com`,
    type: id in groups ? "group" : "user",
  };
}

async function compared(
  ...nights: readonly [Groups, Groups]
): Promise<{ readonly delta: Delta; readonly runs: readonly [RunRecord, RunRecord] }> {
  const journal = await freshJournal();
  const box = { id: "m1", name: "sales", grants: [] };
  const written: RunRecord[] = [];
  for (const [place, groups] of nights.entries()) {
    const run = await writeRun(journal, { id: `r${place}`, boxes: [box] });
    const book = new GroupBook(journal, run.id);
    for (const [id, { members, gap }] of Object.entries(groups))
      await book.keep({
        id,
        displayName: `Group ${id}`,
        members: members.map((one) => member(one, groups)),
        ...(gap === undefined ? {} : { gap }),
      });
    const holding = Object.entries(groups).filter(([, { holdsNothing }]) => holdsNothing !== true);
    await book.keepReach(holding.map(([id]) => ({ id, people: 0, guests: 0 })));
    written.push(run);
  }
  const [before, after] = written;
  if (before === undefined || after === undefined) throw new Error("Two nights make two runs");
  return { delta: await deltaOf(journal, [before, after]), runs: [before, after] };
}

async function told(delta: Delta): Promise<readonly string[]> {
  const all: string[] = [];
  for await (const changes of delta.members())
    all.push(...changes.map(({ kind, group, member: { id } }) => `${kind} ${group.id} ${id}`));
  return all;
}

test("who came into a group that holds rights, or left it, is told, also of groups in it", async () => {
  const { delta, runs } = await compared(
    { G: { members: ["anna", "bert", "N"] }, N: { members: ["carl"], holdsNothing: true } },
    { G: { members: ["bert", "dora", "N"] }, N: { members: ["carl", "emil"], holdsNothing: true } },
  );
  expect(await told(delta)).toEqual(["member-added G dora", "member-removed G anna", "member-added N emil"]);
  expect(delta.counts.members).toEqual({ groups: 2, added: 2, removed: 1, unknown: 0 });
  expect(delta.counts.changes).toMatchObject({ added: 0, removed: 0, changed: 0 });
  const [before, after] = runs;
  const pair = comparable(before, after, AUDIT);
  if ("fact" in pair) throw new Error(pair.fact);
  expect(renderDeltaHead(pair, delta)).toContain(
    "groups  2 groups with other members: 2 came in, 1 left, 0 unknown",
  );
  const lines: string[] = [];
  for await (const changes of delta.members()) lines.push(...renderMembers(changes));
  expect(lines).toEqual([
    "group Group G",
    "  +           dora@contoso.com came into Group G",
    "  -           anna@contoso.com left Group G",
    "group Group N",
    "  +           emil@contoso.com came into Group N",
  ]);
  const out = new PassThrough();
  const written = text(out);
  await exportDelta({ runs: pair, delta, format: "ndjson", out });
  out.end();
  const rows = (await written)
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
  expect(rows).toHaveLength(3);
  expect(rows[0]).toMatchObject({
    Change: "member-added",
    Detail: "dora@contoso.com came into Group G",
    TrusteeId: "dora",
    TrusteeClass: "group-member",
    ViaGroup: "Group G",
    ViaGroupId: "G",
    MailboxId: null,
    Right: null,
  });
});

test("what one of the runs has not read of a group is unknown, never gone and never new", async () => {
  const gap = "the list broke off";
  const { delta } = await compared(
    { A: { members: ["anna"], gap }, B: { members: ["anna", "bert"] }, C: { members: ["x"] } },
    { A: { members: ["bert"] }, B: { members: ["carl"], gap }, D: { members: ["y"] } },
  );
  expect(await told(delta)).toEqual([
    "member-unknown A bert",
    "member-removed A anna",
    "member-added B carl",
    "member-unknown B anna",
    "member-unknown B bert",
  ]);
});

test("rings of groups end, and a group that holds rights and is in another is told of once", async () => {
  const { delta } = await compared(
    { A: { members: ["B"] }, B: { members: ["A"] } },
    { A: { members: ["B", "anna"] }, B: { members: ["A", "anna"] } },
  );
  expect(await told(delta)).toEqual(["member-added A anna", "member-added B anna"]);
});

test("any two nights differ by what their members differ by", async () => {
  const names = ["a", "b", "c", "d", "e", "f"];
  const night = fc.record({
    G: fc.record({ members: fc.uniqueArray(fc.constantFrom(...names)) }),
    H: fc.record({ members: fc.uniqueArray(fc.constantFrom(...names)) }),
  });
  await fc.assert(
    fc.asyncProperty(night, night, async (before, after) => {
      const { delta } = await compared(before, after);
      const expected = (["G", "H"] as const).flatMap((id) => {
        const [was, is] = [before[id].members, after[id].members];
        const came = is.filter((one) => !was.includes(one)).toSorted();
        const left = was.filter((one) => !is.includes(one)).toSorted();
        return [
          ...came.map((one) => `member-added ${id} ${one}`),
          ...left.map((one) => `member-removed ${id} ${one}`),
        ];
      });
      expect(await told(delta)).toEqual(expected);
    }),
    { numRuns: 25 },
  );
});
