/** Reading the members of many groups, with the real client: how many requests it takes, and that no answer that was cut is taken for all. */
import { expect, test } from "vitest";
import { textAt } from "../../../jobs/common/answers.ts";
import { permissionAudit } from "../../../jobs/permission-audit.ts";
import { politeQuirks, type ProfilePatch } from "../../../src/emulator/index.ts";
import type { ExoRow, GroupMembers } from "../../../src/job/index.ts";
import { clientOf, INVOKE } from "../../exo/support/client.ts";
import { AT_ONCE, connected, NASTY } from "../../exo/support/emulated-client.ts";
import { TRUNCATED } from "../../exo/support/replies.ts";
import { type Asked, envelope, type Said } from "../../exo/support/wire-server.ts";
import { aPrincipal, guid, performBulk } from "../../support/perform-job.ts";

const GROUPS = 200;
/** The first page of this one is full; the others have three members. */
const LARGE = guid(500);
const LARGE_MEMBERS = 2_500;

function member(n: number): ExoRow {
  return {
    ExternalDirectoryObjectId: guid(n),
    RecipientTypeDetails: "UserMailbox",
    DisplayName: `person-${n}`,
  };
}

function membersOf(group: unknown): readonly ExoRow[] {
  const count = group === LARGE ? LARGE_MEMBERS : 3;
  return Array.from({ length: count }, (_, n) => member(10_000 + n));
}

/** What a service says that pages as it likes. */
interface Manner {
  readonly rows: number;
  readonly warns: boolean;
  readonly links: boolean;
}

const HONEST: Manner = { rows: 1_000, warns: true, links: true };

function serviceOf(manner: Manner): (asked: Asked) => Said {
  const page = ({ host }: Asked["headers"], group: unknown, from: number): object => {
    const all = membersOf(group);
    const to = from + manner.rows;
    const more = to < all.length;
    return envelope(all.slice(from, to), {
      ...(more && manner.links && { "@odata.nextLink": `http://${host}${INVOKE}?%24skiptoken=${to}` }),
      ...(more && manner.warns && { "@adminapi.warnings": [TRUNCATED] }),
    });
  };
  return (asked) => {
    const from = Number(/skiptoken=(\d+)/.exec(asked.url)?.[1] ?? "0");
    if (!asked.url.includes("$batch"))
      return { body: page(asked.headers, asked.json.CmdletInput.Parameters["Identity"], from) };
    const responses = asked.json.requests.map(({ id, body }) => ({
      id,
      status: 200,
      body: page(asked.headers, body.CmdletInput.Parameters["Identity"], 0),
    }));
    return { body: { responses } };
  };
}

async function readFrom(manner: Manner) {
  const { exo, server } = await clientOf(serviceOf(manner));
  const ids = Array.from({ length: GROUPS }, (_, n) => guid(500 + n));
  const groups = new Map<string, GroupMembers>();
  const { counts } = await performBulk(permissionAudit, "group-members", {
    manifest: [],
    principals: ids.map((id) =>
      aPrincipal({ id, name: id, type: "group", groupType: "MailUniversalSecurityGroup" }),
    ),
    recorded: ids.map((id, n) => ({
      about: n + 1,
      row: { TrusteeId: id, TrusteeClass: "group", Right: "FullAccess", Allow: true },
    })),
    pages: () => [],
    exo,
    groups,
  });
  const of = (id: string): number | undefined => groups.get(id)?.members.length;
  return { asked: server.asked, counts, groups, of };
}

test("200 groups take a tenth of as many requests, and the large one a page each beside", async () => {
  const { asked, counts, groups, of } = await readFrom(HONEST);
  // Ten calls each, and now and then one that is not full; of the large group three pages.
  expect(asked.length).toBeGreaterThanOrEqual(GROUPS / 10 + 3);
  expect(asked.length).toBeLessThan(1.5 * (GROUPS / 10));
  expect(groups.size).toBe(GROUPS);
  expect([of(LARGE), of(guid(501))]).toEqual([LARGE_MEMBERS, 3]);
  expect(counts).toEqual({ "groups-read": GROUPS, "groups-read-in-pages": 1 });
});

test("a service with smaller pages than were asked for, and no warnings, is followed to the end", async () => {
  const { of, counts } = await readFrom({ rows: 100, warns: false, links: true });
  expect([of(LARGE), of(guid(501))]).toEqual([LARGE_MEMBERS, 3]);
  expect(counts).toEqual({ "groups-read": GROUPS, "groups-read-in-pages": 1 });
});

test("a page that was cut, with no way to the rest, is a gap and never all", async () => {
  const { groups, of, counts } = await readFrom({ rows: 400, warns: true, links: false });
  expect(groups.get(LARGE)).toMatchObject({
    members: [],
    gap: "its members could not be listed to the end",
  });
  expect(of(guid(501))).toBe(3);
  expect(counts).toMatchObject({ "groups-not-read-whole": 1 });
});

/** How an emulated service can answer a question for so many rows. */
const MANNERS: readonly (readonly [string, ProfilePatch])[] = [
  ["with links and warnings, rows in any order and some of them twice", { quirks: { repeatedSeamRow: 1 } }],
  ["with links, but without warnings", { quirks: { truncationWarning: false } }],
  ["with more rows in batches than were asked for", { quirks: { pagedBatchItems: false } }],
  ["through every fault a read can meet", NASTY],
];

test("groups of an emulated tenant are read whole, however it answers", { timeout: 60_000 }, async () => {
  const { exo, emulator } = await connected({ ...AT_ONCE, quirks: politeQuirks() }, 1_600);
  const select = ["ExternalDirectoryObjectId", "RecipientTypeDetails"];
  const listed = await Promise.all(
    ["Get-DistributionGroup", "Get-DynamicDistributionGroup"].map((cmdlet) =>
      exo.invoke(cmdlet, { ResultSize: "Unlimited" }, { select }),
    ),
  );
  const [groups = [], dynamic = []] = listed.map(({ rows }) => rows);
  const all = [...groups.slice(0, 25), ...dynamic.slice(0, 2)];
  const truth = new Map<string, number>();
  for (const row of all) {
    const Identity = textAt(row, "ExternalDirectoryObjectId");
    const isDynamic = textAt(row, "RecipientTypeDetails") === "DynamicDistributionGroup";
    const cmdlet = isDynamic ? "Get-DynamicDistributionGroupMember" : "Get-DistributionGroupMember";
    const { rows } = await exo.invoke(cmdlet, { Identity, ResultSize: "Unlimited" }, { select });
    truth.set(Identity, new Set(rows.map((each) => textAt(each, "ExternalDirectoryObjectId"))).size);
  }
  expect(Math.max(...truth.values())).toBeGreaterThan(1_000);
  for (const [manner, profile] of MANNERS) {
    emulator.setProfile({ ...AT_ONCE, quirks: politeQuirks() });
    emulator.setProfile(profile);
    const kept = new Map<string, GroupMembers>();
    await performBulk(permissionAudit, "group-members", {
      manifest: [],
      principals: all.map((row, n) => {
        const [id, groupType] = [
          textAt(row, "ExternalDirectoryObjectId"),
          textAt(row, "RecipientTypeDetails"),
        ];
        return aPrincipal({ id, name: `group-${n}`, type: "group", groupType });
      }),
      recorded: all.map((row, n) => ({
        about: n + 1,
        row: { TrusteeId: textAt(row, "ExternalDirectoryObjectId"), TrusteeClass: "group" },
      })),
      pages: () => [],
      exo,
      groups: kept,
    });
    const found = [...truth.keys()].map((id) => [id, kept.get(id.toLowerCase())?.members.length]);
    expect({ manner, found }).toEqual({ manner, found: [...truth] });
  }
});
