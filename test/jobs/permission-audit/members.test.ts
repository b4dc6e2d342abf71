import { describe, expect, test } from "vitest";
import { permissionAudit } from "../../../jobs/permission-audit.ts";
import { ExoError } from "../../../src/exo/index.ts";
import type { ExoRow, FoundRow, GroupMembers, GroupReach, Principal } from "../../../src/job/index.ts";
import { type Answer, aPrincipal, type Call, guid, performBulk } from "../../support/perform-job.ts";

const TEAM = guid(500);

function groupPrincipal(facts: Partial<Principal> = {}): Principal {
  return aPrincipal({
    id: TEAM,
    type: "group",
    name: "team",
    groupType: "MailUniversalSecurityGroup",
    ...facts,
  });
}

/** A right on record. */
function held(by: string, n = 1): FoundRow {
  return { about: n, row: { TrusteeId: by, TrusteeClass: "group", Right: "FullAccess", Allow: true } };
}

/** As the cmdlets that list members tell of somebody. */
function told(n: number, more: ExoRow = {}): ExoRow {
  return {
    ExternalDirectoryObjectId: guid(n),
    RecipientTypeDetails: "UserMailbox",
    DisplayName: `person-${n}`,
    PrimarySmtpAddress: `person-${n}@contoso.com`,
    ...more,
  };
}

interface Given {
  readonly principals?: readonly Principal[];
  readonly recorded?: readonly FoundRow[];
  readonly groups?: Map<string, GroupMembers>;
  readonly pages?: (call: Call) => Iterable<Answer | { readonly restarted: true; readonly reason: string }>;
  readonly answer?: (call: Call) => Answer;
}

async function read(given: Given) {
  const groups = given.groups ?? new Map<string, GroupMembers>();
  const reaches: GroupReach[] = [];
  const performed = await performBulk(permissionAudit, "group-members", {
    manifest: [],
    principals: given.principals ?? [groupPrincipal()],
    recorded: given.recorded ?? [held(TEAM)],
    pages:
      given.pages ??
      (() => {
        throw new Error("Nobody is to be listed page by page");
      }),
    ...(given.answer === undefined ? {} : { answer: given.answer }),
    groups,
    reaches,
  });
  return { ...performed, groups, reaches };
}

const asked = (calls: readonly Call[]): readonly string[] =>
  calls.map(({ cmdlet, parameters }) => `${cmdlet} ${JSON.stringify(parameters["Identity"])}`);
const ask = (cmdlet: string, id: string): string => `${cmdlet} "${id}"`;

describe("each kind of group is asked for in its own way", () => {
  test.each([
    ["MailUniversalSecurityGroup", "Get-DistributionGroupMember"],
    ["MailUniversalDistributionGroup", "Get-DistributionGroupMember"],
    ["RoomList", "Get-DistributionGroupMember"],
    ["GroupMailbox", "Get-UnifiedGroupLinks"],
    ["DynamicDistributionGroup", "Get-DynamicDistributionGroupMember"],
    ["RoleGroup", "Get-RoleGroupMember"],
  ])("%s: %s", async (groupType, cmdlet) => {
    const { calls, groups, reaches } = await read({
      principals: [groupPrincipal({ groupType })],
      answer: () => [told(1), told(2, { RecipientTypeDetails: "GuestMailUser" })],
    });
    expect(asked(calls)).toEqual([ask(cmdlet, TEAM)]);
    expect(calls[0]?.parameters["ResultSize"]).toBe(1_000);
    expect(groups.get(TEAM)?.members.map(({ id, type }) => [id, type])).toEqual([
      [guid(1), "user"],
      [guid(2), "guest"],
    ]);
    expect(reaches).toEqual([{ id: TEAM, people: 2, guests: 1 }]);
  });

  test("a group without mail tells names, which are looked up and never guessed", async () => {
    const anna = aPrincipal({ id: guid(1), name: "anna" });
    const twins = [2, 3].map((n) => aPrincipal({ id: guid(n), name: "gosho", userPrincipalName: `g${n}` }));
    const { calls, groups, reaches } = await read({
      principals: [groupPrincipal({ groupType: "UniversalSecurityGroup" }), anna, ...twins],
      answer: () => [{ Guid: TEAM, Members: ["anna", "gosho", "nobody"] }],
    });
    expect(asked(calls)).toEqual([ask("Get-Group", TEAM)]);
    expect(groups.get(TEAM)?.members.map(({ id }) => id)).toEqual([guid(1)]);
    expect(reaches).toEqual([
      {
        id: TEAM,
        people: 1,
        guests: 0,
        gap: "2 of its members could not be told apart from others of their name",
      },
    ]);
  });
});

test("each group is read once, whatever it holds and wherever it is nested; rings end", async () => {
  const inner = { RecipientTypeDetails: "MailUniversalSecurityGroup" };
  const members: Record<string, readonly ExoRow[]> = {
    [TEAM]: [told(1), told(501, inner), told(502, inner)],
    [guid(501)]: [told(2), told(502, inner)],
    [guid(502)]: [told(2), told(1), told(500, inner)],
  };
  const { calls, reaches } = await read({
    recorded: [held(TEAM, 1), held(TEAM, 2), held(guid(502), 3)],
    principals: [groupPrincipal(), groupPrincipal({ id: guid(502), name: "inner" })],
    answer: ({ parameters }) => members[JSON.stringify(parameters["Identity"]).slice(1, -1)] ?? [],
  });
  expect(asked(calls).toSorted()).toEqual(
    [TEAM, guid(501), guid(502)].map((id) => ask("Get-DistributionGroupMember", id)),
  );
  expect(reaches).toEqual([
    { id: TEAM, people: 2, guests: 0 },
    { id: guid(502), people: 2, guests: 0 },
  ]);
});

test("what is on record is not asked again, unless it is not all", async () => {
  const known = (id: string, gap?: string): [string, GroupMembers] => [
    id,
    { id, displayName: "team", members: [], ...(gap === undefined ? {} : { gap }) },
  ];
  const { calls } = await read({
    recorded: [held(TEAM), held(guid(501))],
    principals: [groupPrincipal(), groupPrincipal({ id: guid(501), name: "other" })],
    groups: new Map([known(TEAM), known(guid(501), "refused")]),
    answer: () => [told(1)],
  });
  expect(asked(calls)).toEqual([ask("Get-DistributionGroupMember", guid(501))]);
});

describe("a group with more members than one answer is sure to hold is listed page by page, from the beginning", () => {
  const many = (first: number, count: number): readonly ExoRow[] =>
    Array.from({ length: count }, (_, n) => told(first + n));
  const incomplete = () => {
    throw new ExoError("Cannot read all", { cmdlet: "x", kind: "incomplete", remedy: "give-up" });
  };
  const sizes = (calls: readonly Call[]): readonly unknown[] =>
    calls.map(({ parameters }) => parameters["ResultSize"]);

  test.each([
    ["as many as were asked for", () => many(1, 1_000)],
    ["as many as were asked for, one of them twice", () => [...many(1, 999), told(1)]],
    ["more than were asked for", () => many(1, 1_200)],
    ["an answer that the service cut", incomplete],
  ])("%s", async (_what, answer) => {
    const { calls, groups, reaches, counts } = await read({
      answer,
      pages: () => [many(1, 1_000), many(1_000, 501)],
    });
    expect(sizes(calls)).toEqual([1_000, "Unlimited"]);
    expect(groups.get(TEAM)?.members).toHaveLength(1_500);
    expect(reaches).toEqual([{ id: TEAM, people: 1_500, guests: 0 }]);
    expect(counts).toEqual({ "groups-read": 1, "groups-read-in-pages": 1 });
  });

  test("one member less, and it is not", async () => {
    const { calls, groups } = await read({ answer: () => many(1, 999) });
    expect(sizes(calls)).toEqual([1_000]);
    expect(groups.get(TEAM)?.members).toHaveLength(999);
  });

  test("a listing that restarts is the new one alone, and a repeated row is one member", async () => {
    const restarted = { restarted: true as const, reason: "cursor lost" };
    const { groups } = await read({
      answer: () => many(1, 1_000),
      pages: () => [[told(1)], restarted, [told(2)], [told(2), told(3)]],
    });
    expect(groups.get(TEAM)?.members.map(({ id }) => id)).toEqual([guid(2), guid(3)]);
  });

  test("a listing that is cut, too, leaves the group unknown", async () => {
    const { reaches } = await read({ answer: incomplete, pages: incomplete });
    expect(reaches).toEqual([
      { id: TEAM, people: 0, guests: 0, gap: "its members could not be listed to the end" },
    ]);
  });
});

describe("what cannot be read is unknown, never empty", () => {
  const failing = (facts: Pick<ExoError, "kind" | "remedy">) => () => {
    throw new ExoError("Cannot run it", { cmdlet: "Get-DistributionGroupMember", ...facts });
  };

  test.each([
    ["a group that is gone", { kind: "not-found", remedy: "gone" }],
    ["a group nobody may read", { kind: "forbidden", remedy: "denied" }],
    ["a cmdlet nobody may run", { kind: "forbidden", remedy: "pause-run" }],
    ["an answer nobody understands", { kind: "malformed", remedy: "give-up" }],
  ] as const)("%s", async (_what, facts) => {
    const { groups, reaches, counts } = await read({ answer: failing(facts) });
    expect(groups.get(TEAM)?.gap).toMatch(/^[a-z]/);
    expect(reaches).toEqual([{ id: TEAM, people: 0, guests: 0, gap: groups.get(TEAM)?.gap }]);
    expect(counts).toEqual({ "groups-read": 1, "groups-not-read-whole": 1 });
  });

  test("an answer with errors beside its rows, and a group of a kind we do not know", async () => {
    const odd = await read({ answer: () => ({ rows: [told(1)], errors: ["half of it"] }) });
    expect(odd.groups.get(TEAM)).toMatchObject({
      members: [],
      gap: expect.stringMatching(/^the answer .* came with an error/),
    });
    const { groupType: _, ...unknown } = groupPrincipal();
    const strange = await read({ principals: [unknown] });
    expect(strange.reaches[0]?.gap).toBe("what kind of group it is could not be found out");
  });

  test("trouble of the tenant ends the read, with what was read before on record", async () => {
    const groups = new Map<string, GroupMembers>();
    const reading = read({
      recorded: [held(TEAM), held(guid(501))],
      principals: [groupPrincipal(), groupPrincipal({ id: guid(501), name: "other" })],
      groups,
      answer: (call) =>
        call.parameters["Identity"] === TEAM
          ? [told(1)]
          : failing({ kind: "unauthorized", remedy: "pause-run" })(),
    });
    await expect(reading).rejects.toThrow(ExoError);
    expect([...groups.keys()]).toEqual([TEAM]);
  });
});
