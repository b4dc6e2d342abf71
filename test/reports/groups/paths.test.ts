import { expect, test } from "vitest";
import type { GroupMember, GroupMembers } from "../../../src/job/index.ts";
import type { KeptGroup } from "../../../src/reports/groups/book.ts";
import { groupsOf, NOT_READ, peopleIn } from "../../../src/reports/groups/paths.ts";

/** Members by group, as `a: 1 2 b`; a word that is a group is one everywhere. */
function graph(...lines: readonly string[]) {
  const groups = new Map<string, GroupMembers>();
  const names = new Set(lines.map((line) => line.split(":")[0] ?? ""));
  for (const line of lines) {
    const [id = "", members = ""] = line.split(":");
    const found = members
      .trim()
      .split(" ")
      .filter((word) => word !== "");
    groups.set(id, {
      id,
      displayName: id.toUpperCase(),
      members: found.map((word): GroupMember => ({
        id: word.replace("?", ""),
        displayName: word,
        address: "",
        type: names.has(word) || word.endsWith("?") ? "group" : word.startsWith("c") ? "contact" : "user",
      })),
    });
  }
  return pagesOf(groups);
}

function pagesOf(groups: ReadonlyMap<string, GroupMembers>) {
  return {
    members: async (id: string) => groups.get(id),
    group: async () => undefined,
    groupsWith: async (asked: readonly string[]): Promise<readonly (readonly KeptGroup[])[]> =>
      asked.map((member) =>
        [...groups.values()]
          .filter(({ members }) => members.some(({ id }) => id === member))
          .map(({ id, displayName }) => ({ id, displayName, count: 0, stamp: "s", round: 0 })),
      ),
  };
}

async function people(pages: ReturnType<typeof graph>, group: string, most?: number) {
  const found = await peopleIn(pages, group, most);
  return found?.people.map(({ member, path }) => `${member.id} by ${path.join(" > ")}`);
}

test("everybody comes in once, by the shortest way", async () => {
  const pages = graph("a: 1 b d", "b: 2 1 d", "d: 3 2");
  expect(await people(pages, "a")).toEqual(["1 by A", "2 by A > B", "3 by A > D"]);
});

test("rings end, and a group that holds itself is no member", async () => {
  const pages = graph("a: b a", "b: a d 1", "d: b 2");
  expect(await people(pages, "a")).toEqual(["1 by A > B", "2 by A > B > D"]);
  expect((await groupsOf(pages, "1")).map(({ id, path }) => `${id}: ${path.join(" > ")}`)).toEqual([
    "b: B",
    "a: A > B",
    "d: D > B",
  ]);
});

test("contacts have no account, and come in nowhere", async () => {
  expect(await people(graph("a: 1 c2"), "a")).toEqual(["1 by A"]);
});

test("groups nested ten deep are followed to the end", async () => {
  const lines = Array.from({ length: 10 }, (_, n) => `g${n}: g${n + 1} p${n}`);
  const pages = graph(...lines, "g10: last");
  expect((await people(pages, "g0"))?.at(-1)).toBe(
    "last by G0 > G1 > G2 > G3 > G4 > G5 > G6 > G7 > G8 > G9 > G10",
  );
  expect((await groupsOf(pages, "last")).at(-1)?.path).toHaveLength(11);
});

test("a group in it that was not read is a gap, and so is what the reading did not tell", async () => {
  expect(await peopleIn(graph("a: 1 b?"), "a")).toMatchObject({ gap: NOT_READ });
  const told = { id: "a", displayName: "A", members: [], gap: "refused" };
  expect(await peopleIn(pagesOf(new Map([["a", told]])), "a")).toEqual({ people: [], gap: "refused" });
});

test("more people than wanted are not counted further", async () => {
  const pages = graph("a: 1 2 b", "b: 3");
  expect(await people(pages, "a", 2)).toBeUndefined();
  expect(await people(pages, "a", 3)).toHaveLength(3);
});

/** Numbers that look random and follow from the seed (mulberry32). */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** How many groups lead from one to a member; every way without a ring is tried. */
function shortest(members: ReadonlyMap<string, readonly string[]>, from: string, to: string): number {
  const walk = (group: string, gone: readonly string[]): number => {
    const own = members.get(group) ?? [];
    if (own.includes(to)) return 1;
    const farther = own
      .filter((one) => members.has(one) && !gone.includes(one))
      .map((one) => 1 + walk(one, [...gone, one]));
    return Math.min(Number.POSITIVE_INFINITY, ...farther);
  };
  return walk(from, [from]);
}

const QUESTIONS = 5_000;

test(`${QUESTIONS} random questions about tangled groups are answered as trying every way does`, async () => {
  const roll = dice(19);
  let ways = 0;
  for (let question = 0; question < QUESTIONS; question += 1) {
    const groups = 1 + roll(7);
    const members = new Map<string, readonly string[]>();
    for (let g = 0; g < groups; g += 1) {
      const own = new Set<string>();
      for (let n = roll(4); n > 0; n -= 1) own.add(`p${roll(8)}`);
      for (let n = roll(4); n > 0; n -= 1) own.add(`g${roll(groups)}`);
      members.set(`g${g}`, [...own]);
    }
    const pages = graph(...[...members].map(([id, own]) => `${id}: ${own.join(" ")}`));
    const isWay = (path: readonly string[], to: string): boolean =>
      path.every((name, place) =>
        (members.get(name.toLowerCase()) ?? []).includes(path[place + 1]?.toLowerCase() ?? to),
      );
    const group = `g${roll(groups)}`;
    const found = (await peopleIn(pages, group))?.people ?? [];
    const lengths = new Map(found.map(({ member, path }) => [member.id, path.length]));
    for (const { member, path } of found) {
      ways += 1;
      expect(path[0]).toBe(group.toUpperCase());
      expect(isWay(path, member.id), `${group} ${path.join()} ${member.id}`).toBe(true);
    }
    for (let p = 0; p < 8; p += 1)
      expect(lengths.get(`p${p}`) ?? Number.POSITIVE_INFINITY).toBe(shortest(members, group, `p${p}`));
    const person = `p${roll(8)}`;
    const above = await groupsOf(pages, person);
    for (const { id, path } of above) {
      expect(path[0]).toBe(id.toUpperCase());
      expect(isWay(path, person)).toBe(true);
    }
    const known = new Map(above.map(({ id, path }) => [id, path.length]));
    for (const id of members.keys())
      expect(known.get(id) ?? Number.POSITIVE_INFINITY).toBe(shortest(members, id, person));
  }
  expect(ways).toBeGreaterThan(QUESTIONS * 2);
});
