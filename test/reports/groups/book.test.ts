import { expect, test } from "vitest";
import type { GroupMember, GroupMembers } from "../../../src/job/index.ts";
import type { IndexEntry } from "../../../src/journal/index.ts";
import { GroupBook, GroupPages } from "../../../src/reports/groups/book.ts";
import { freshJournal, newRun } from "../../support/journal.ts";

const RUN = "run-1";

function member(n: number, more: Partial<GroupMember> = {}): GroupMember {
  return {
    id: `id-${n}`,
    displayName: `Member ${n}`,
    address: `member.${n}@contoso.com`,
    type: "user",
    ...more,
  };
}

function group(id: string, members: readonly GroupMember[], more: Partial<GroupMembers> = {}): GroupMembers {
  return { id, displayName: `Group ${id}`, members, ...more };
}

async function bookOfRun() {
  const journal = await freshJournal();
  await journal.createRun(newRun({ id: RUN }));
  return { journal, book: new GroupBook(journal, RUN) };
}

/** As it is told once it is on record. */
function kept(...given: Parameters<typeof group>): object {
  return { ...group(...given), readAt: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T/) };
}

test("a group is told as it was kept, in any spelling of its id, and found from each of its members", async () => {
  const { journal, book } = await bookOfRun();
  const inner = member(3, { type: "group", groupType: "DynamicDistributionGroup" });
  await book.keep(group("G-One", [member(1), member(2, { type: "guest", address: "" }), inner]));
  await book.keep(group("g-two", [member(1)], { gap: "no more was told" }));
  const pages = new GroupPages(journal, RUN);
  expect(await pages.members("g-ONE")).toEqual(
    kept("G-One", [member(1), member(2, { type: "guest", address: "" }), inner]),
  );
  expect(await pages.members("g-two")).toEqual(kept("g-two", [member(1)], { gap: "no more was told" }));
  const of = async (id: string): Promise<readonly string[]> =>
    (await pages.groupsWith([id])).flat().map((found) => found.id);
  expect([await of("ID-1"), await of("id-3"), await of("id-9")]).toEqual([["G-One", "g-two"], ["G-One"], []]);
});

test("a group that was not read is not an empty one", async () => {
  const { book } = await bookOfRun();
  await book.keep(group("empty", []));
  expect(await book.members("empty")).toEqual(kept("empty", []));
  expect(await book.members("another")).toBeUndefined();
});

test("a group of 12,345 members keeps their order, and each is found", async () => {
  const { book } = await bookOfRun();
  const members = Array.from({ length: 12_345 }, (_, n) => member(n));
  await book.keep(group("large", members));
  expect((await book.members("large"))?.members).toEqual(members);
  for (const n of [0, 99, 100, 5_000, 12_344])
    expect((await book.groupsWith([`id-${n}`])).flat().map(({ id }) => id)).toEqual(["large"]);
});

test("what a reading that was cut short has left is nobody's", async () => {
  const { journal, book } = await bookOfRun();
  const puts: (readonly IndexEntry[])[] = [];
  const dying = new GroupBook(
    {
      lookUp: (run, keys) => journal.lookUp(run, keys),
      putIndex: async (run, entries) => {
        // The record is the last that is put.
        if (puts.push(entries) === 1) await journal.putIndex(run, entries);
        else throw new Error("killed");
      },
    },
    RUN,
  );
  await expect(dying.keep(group("g", [member(1), member(2)]))).rejects.toThrow("killed");
  expect(await book.members("g")).toBeUndefined();
  expect(await book.groupsWith(["id-1"])).toEqual([[]]);
  await book.keep(group("g", [member(2)]));
  expect((await book.members("g"))?.members).toEqual([member(2)]);
  const found = await book.groupsWith(["id-1", "id-2"]);
  expect(found.map(({ length }) => length)).toEqual([0, 1]);
});

test("a group that is read again is what it is now, also from the side of those who left", async () => {
  const { journal, book } = await bookOfRun();
  await book.keep(group("g", [member(1), member(2)], { gap: "not all" }));
  await book.keep(group("g", [member(2), member(3)]));
  const pages = new GroupPages(journal, RUN);
  expect(await pages.members("g")).toEqual(kept("g", [member(2), member(3)]));
  expect(await pages.groupsWith(["id-1"])).toEqual([[]]);
});

test("what groups bring in is told by group and for all, the last word of each", async () => {
  const { book } = await bookOfRun();
  await book.keepReach([
    { id: "A", people: 3, guests: 1 },
    { id: "b", people: 2, guests: 0, gap: "not all" },
  ]);
  await book.keepReach([{ id: "A", people: 4, guests: 0 }]);
  expect(await book.reaches()).toEqual(
    new Map([
      ["a", { id: "A", people: 4, guests: 0 }],
      ["b", { id: "b", people: 2, guests: 0, gap: "not all" }],
    ]),
  );
  expect([await book.reach("B"), await book.reach("c")]).toEqual([
    { id: "b", people: 2, guests: 0, gap: "not all" },
    undefined,
  ]);
});

test("a principal whose name looks like a key of ours is taken for no group, and no group for a principal", async () => {
  const { journal, book } = await bookOfRun();
  const keys = ["group", "in", "of", "reach"].map((kind) => `\u001f${kind}\u001fg`);
  await journal.putIndex(RUN, [{ id: "user:eve", keys, value: { id: "eve", displayName: "Eve" } }]);
  expect(await book.members("g")).toBeUndefined();
  expect([await book.groupsWith(["g"]), await book.reach("g")]).toEqual([[[]], undefined]);
  // Nor does it stand before the group.
  await book.keep(group("g", [member(1)]));
  await book.keepReach([{ id: "g", people: 1, guests: 0 }]);
  expect([(await book.members("g"))?.members, (await book.reach("g"))?.people]).toEqual([[member(1)], 1]);
});

test("somebody in many groups is told all of them, and each of several asked for is told their own", async () => {
  const { book } = await bookOfRun();
  for (let n = 0; n < 30; n += 1)
    await book.keep(group(`g-${n}`, [member(1), ...(n % 2 === 0 ? [member(2)] : [])]));
  const found = await book.groupsWith(["ID-1", "nobody", "id-2"]);
  expect(found.map(({ length }) => length)).toEqual([30, 0, 15]);
  expect(found[2]?.map(({ id }) => id)).toEqual(
    Array.from({ length: 15 }, (_, n) => `g-${2 * n}`).toSorted(),
  );
});

test("groups of runs of older versions, whose members lead to whole pieces, are found", async () => {
  const { journal, book } = await bookOfRun();
  const of = (n: number): string => `\u001fof\u001fid-${n}`;
  const value = { group: "g", stamp: "s", n: 0, members: [["id-1", "Member 1", "", "user"]] };
  await journal.putIndex(RUN, [{ id: "piece", keys: ["\u001fin\u001fg", of(1)], value }]);
  expect(await book.groupsWith(["id-1"])).toEqual([[]]);
  const record = { group: "G", displayName: "Old", count: 1, stamp: "s", gap: null };
  await journal.putIndex(RUN, [{ id: "record", keys: ["\u001fgroup\u001fg"], value: record }]);
  expect(await book.groupsWith(["id-1", "id-2"])).toEqual([
    [{ id: "G", displayName: "Old", count: 1, stamp: "s", round: 0 }],
    [],
  ]);
});

test("somebody in a group is found by address", async () => {
  const { book } = await bookOfRun();
  await book.keep(group("g", [member(1), member(2)]));
  expect(await book.memberNamed("MEMBER.2@contoso.com")).toEqual(member(2));
  expect(await book.memberNamed("member.3@contoso.com")).toBeUndefined();
});
