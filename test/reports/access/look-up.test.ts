import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { permissionAudit } from "../../../jobs/permission-audit.ts";
import { type Journal, openSqliteJournal } from "../../../src/journal/index.ts";
import {
  type Answer,
  type LookUp,
  NameError,
  tellWhatCanAccess,
  whatCanAccess,
  whoCanAccess,
} from "../../../src/reports/index.ts";
import { RunDirectory } from "../../../src/runs/index.ts";
import { type AuditedMailbox, grant, recordAudit } from "../../support/access-runs.ts";

let directory: string;
let journal: Journal;
let lookUp: LookUp;
let nowMs: number;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "exosweep-access-"));
  nowMs = Date.UTC(2026, 0, 1);
  journal = await openSqliteJournal({
    path: join(directory, "journal.db"),
    now: () => (nowMs += 60_000),
  });
  lookUp = {
    journal,
    catalogue: [permissionAudit],
    tenant: "contoso",
    findIn: (run) => new RunDirectory(run, journal, undefined),
  };
});

afterEach(async () => {
  await journal.close();
  rmSync(directory, { recursive: true });
});

const ANNA = { id: "id-anna", sid: "S-1-5-21-1", displayName: "Anna", primarySmtp: "anna@contoso.com" };
const BEN = { id: "id-ben", sid: "S-1-5-21-2", displayName: "Ben", primarySmtp: "ben@contoso.com" };
const SALES: AuditedMailbox = { id: "m-sales", address: "sales@contoso.com" };
const LEGAL: AuditedMailbox = { id: "m-legal", address: "legal@contoso.com" };

/** `right mailbox status since[+]`, `+` for at least. */
function facts({ accesses }: Answer): readonly string[] {
  return accesses.map(
    ({ right, mailbox, status, since }) =>
      `${right} ${mailbox.id} ${status} ${since.run}${since.atLeast ? "+" : ""}`,
  );
}

async function refusal(question: Promise<Answer>): Promise<NameError> {
  const error = await question.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (error instanceof NameError) return error;
  throw new Error(`It was not refused: ${String(error)}`);
}

describe("a name", () => {
  test("that several have lists them, and an id tells them apart", async () => {
    const twin = { ...BEN, displayName: "Anna" };
    await recordAudit(journal, {
      id: "r1",
      mailboxes: [{ ...SALES, rows: [grant(ANNA)] }],
      people: [ANNA, twin],
    });
    const error = await refusal(whatCanAccess(lookUp, "Anna"));
    expect(error.candidates.map(({ id }) => id)).toEqual(["id-anna", "id-ben"]);
    expect(facts(await whatCanAccess(lookUp, "ID-ANNA"))).toEqual(["FullAccess m-sales seen r1+"]);
    expect(facts(await whatCanAccess(lookUp, "id-ben"))).toEqual([]);
  });

  test("of an address is its owner's, whoever calls themselves so", async () => {
    const impostor = { ...BEN, displayName: "anna@contoso.com", name: "anna@contoso.com" };
    await recordAudit(journal, {
      id: "r1",
      mailboxes: [
        { ...SALES, rows: [grant(impostor)] },
        { ...LEGAL, rows: [grant(ANNA)] },
      ],
      people: [impostor, { ...ANNA, keys: ["anna.before@contoso.com"] }],
    });
    for (const name of ["anna@contoso.com", " Anna.Before@contoso.com "])
      expect(facts(await whatCanAccess(lookUp, name))).toEqual(["FullAccess m-legal seen r1+"]);
  });

  test("of a living account is not its deleted namesake's", async () => {
    const deleted = { ...BEN, primarySmtp: "anna@contoso.com", softDeleted: true };
    await recordAudit(journal, {
      id: "r1",
      mailboxes: [{ ...SALES, rows: [grant(deleted)] }],
      people: [deleted, ANNA],
    });
    const living = await whatCanAccess(lookUp, "anna@contoso.com");
    expect(living).toMatchObject({ subject: { id: "id-anna" }, accesses: [] });
    expect(living.notes.join()).toContain("a deleted account has the same name");
    expect(facts(await whatCanAccess(lookUp, BEN.sid))).toEqual(["FullAccess m-sales seen r1+"]);
  });

  test("somebody had before is still theirs, and the answer says so", async () => {
    await recordAudit(journal, { id: "r1", mailboxes: [{ ...SALES, rows: [grant(ANNA)] }], people: [ANNA] });
    const married = { ...ANNA, displayName: "Anna Stone", primarySmtp: "anna.stone@contoso.com" };
    await recordAudit(journal, {
      id: "r2",
      mailboxes: [{ ...SALES, rows: [grant(married)] }],
      people: [married],
    });
    const answer = await whatCanAccess(lookUp, "anna@contoso.com");
    expect(answer.subject.displayName).toBe("Anna Stone");
    expect(answer.notes.join()).toContain("was called so in run r1");
    expect(facts(answer)).toEqual(["FullAccess m-sales seen r1+"]);
  });

  test("of somebody who is gone says when they were last seen, and what they left behind", async () => {
    await recordAudit(journal, { id: "r1", mailboxes: [{ ...SALES, rows: [grant(ANNA)] }], people: [ANNA] });
    const orphan = grant({ displayName: "S-1-5-21-1", sid: "S-1-5-21-1" }, { TrusteeClass: "orphan-sid" });
    await recordAudit(journal, { id: "r2", mailboxes: [{ ...SALES, rows: [orphan] }], people: [BEN] });
    const answer = await whatCanAccess(lookUp, "anna@contoso.com");
    expect(answer.notes.join()).toMatch(
      /not in the tenant any more: run r2 .* last seen in run r1 of 2026-01-01/,
    );
    expect(facts(answer)).toEqual(["FullAccess m-sales seen r1+"]);
    // By its SID it is found also where no run knew a name.
    expect(facts(await whatCanAccess(lookUp, "S-1-5-21-1"))).toEqual(["FullAccess m-sales seen r1+"]);
  });

  test("nobody has is refused, as is a mailbox of somebody without one", async () => {
    await recordAudit(journal, { id: "r1", mailboxes: [{ ...SALES, rows: [grant(ANNA)] }], people: [ANNA] });
    for (const name of ["nobody", "", "   ", "m-sale", "'; DROP TABLE runs; --", "a\u0000b", "*"])
      expect((await refusal(whatCanAccess(lookUp, name))).message).toMatch(/^Cannot find/);
    expect((await refusal(whoCanAccess(lookUp, "anna@contoso.com"))).message).toContain("has no mailbox");
    expect((await refusal(whoCanAccess({ ...lookUp, tenant: "fabrikam" }, "anna"))).message).toContain(
      "no finished run tells of access",
    );
  });

  test("the service alone knows leads to what it holds", async () => {
    const unresolved = grant(
      { displayName: "unknown" },
      { TrusteeRaw: "CONTOSO\\Old Team", TrusteeClass: "unresolved" },
    );
    await recordAudit(journal, { id: "r1", mailboxes: [{ ...SALES, rows: [unresolved] }], people: [ANNA] });
    const answer = await whatCanAccess(lookUp, "contoso\\old team");
    expect(facts(answer)).toEqual(["FullAccess m-sales seen r1+"]);
    expect(answer.notes.join()).toContain("nobody of the tenant is called so");
  });
});

describe("several runs", () => {
  test("answer together: the newest that read a mailbox speaks for it", async () => {
    await recordAudit(journal, {
      id: "r1",
      mailboxes: [
        { ...SALES, rows: [grant(ANNA)] },
        { ...LEGAL, rows: [grant(ANNA)] },
      ],
      people: [ANNA],
    });
    const list = { kind: "list", identities: ["sales@contoso.com"] };
    await recordAudit(journal, { id: "r2", scope: list, mailboxes: [{ ...SALES, rows: [grant(BEN)] }] });
    const anna = await whatCanAccess(lookUp, "anna@contoso.com");
    expect(facts(anna)).toEqual(["FullAccess m-legal seen r1+"]);
    expect(anna.complete).toBe(true);
    expect(await whoCanAccess(lookUp, "sales@contoso.com")).toMatchObject({
      runs: [{ run: "r2", wholeTenant: false, mailbox: "ok" }],
      accesses: [{ holder: { id: "id-ben" }, since: { run: "r2", atLeast: false } }],
    });
  });

  test("that were all about a part of the tenant say that accesses may be missing", async () => {
    const list = { kind: "list", identities: ["sales@contoso.com"] };
    await recordAudit(journal, {
      id: "r1",
      scope: list,
      mailboxes: [{ ...SALES, rows: [grant(ANNA)] }],
      people: [ANNA],
    });
    const answer = await whatCanAccess(lookUp, "anna@contoso.com");
    expect(answer.complete).toBe(false);
    expect(answer.notes.join()).toContain("was about the whole tenant");
  });

  test("neither end nor begin a row by what they did not look for", async () => {
    const rows = [grant(ANNA), grant(ANNA, { Right: "SendAs", Source: "Get-RecipientPermission" })];
    await recordAudit(journal, { id: "r1", mailboxes: [{ ...SALES, rows }], people: [ANNA] });
    await recordAudit(journal, {
      id: "r2",
      params: { rights: "full-access" },
      mailboxes: [{ ...SALES, rows: rows.slice(0, 1) }],
      people: [ANNA],
    });
    await recordAudit(journal, { id: "r3", mailboxes: [{ ...SALES, rows }], people: [ANNA] });
    expect(facts(await whatCanAccess(lookUp, ANNA.sid))).toEqual([
      "FullAccess m-sales seen r1+",
      "SendAs m-sales seen r1+",
    ]);
    const second = await journal.run("r2");
    if (second === undefined) throw new Error("No run");
    expect(facts(await whatCanAccess({ ...lookUp, asOf: { run: second } }, ANNA.sid))).toEqual([
      "FullAccess m-sales seen r1+",
      "SendAs m-sales seen r1+",
    ]);
  });

  test("that are not over are asked only by name, and what they have so far counts", async () => {
    await recordAudit(journal, {
      id: "r1",
      mailboxes: [
        { ...SALES, rows: [grant(ANNA)] },
        { ...LEGAL, rows: [grant(ANNA)] },
      ],
      people: [ANNA],
    });
    const now = [{ ...SALES, rows: [grant(BEN)] }, LEGAL];
    await recordAudit(journal, { id: "r2", mailboxes: now, people: [ANNA, BEN], settled: 1 });
    await expect(whatCanAccess(lookUp, BEN.primarySmtp)).rejects.toThrow(/^Cannot find/);
    expect(facts(await whoCanAccess(lookUp, "m-sales"))).toEqual(["FullAccess m-sales seen r1+"]);
    const open = await journal.run("r2");
    if (open === undefined) throw new Error("No run");
    const asOf = { ...lookUp, asOf: { run: open } };
    const ben = await whatCanAccess(asOf, BEN.sid);
    expect(facts(ben)).toEqual(["FullAccess m-sales seen r2"]);
    expect(ben.complete).toBe(false);
    expect(ben.notes.join()).toContain("the run is running");
    expect(facts(await whatCanAccess(asOf, ANNA.sid))).toEqual(["FullAccess m-legal unknown r1+"]);
    await journal.settle({ run: "r2", line: 2, attempt: 2, worker: "w1", outcome: "ok", rows: [], atMs: 1 });
    expect(facts(await whatCanAccess(asOf, ANNA.sid))).toEqual([]);
  });

  test("show what is gone as gone, and a mailbox that is gone as nothing", async () => {
    const both = [
      { ...SALES, rows: [grant(ANNA)] },
      { ...LEGAL, rows: [grant(ANNA)] },
    ];
    await recordAudit(journal, { id: "r1", mailboxes: both, people: [ANNA] });
    await recordAudit(journal, { id: "r2", mailboxes: [SALES], people: [ANNA] });
    expect(facts(await whatCanAccess(lookUp, ANNA.sid))).toEqual([]);
    const legal = await whoCanAccess(lookUp, "m-legal");
    expect(legal.accesses).toEqual([]);
    expect(legal.notes.join("\n")).toContain("the mailbox was not read in run r2 (not in it)");
    expect(legal.notes.join("\n")).toContain("not in the tenant any more");
    await recordAudit(journal, { id: "r3", mailboxes: both, people: [ANNA] });
    expect(facts(await whatCanAccess(lookUp, ANNA.sid))).toEqual([
      "FullAccess m-legal seen r3",
      "FullAccess m-sales seen r3",
    ]);
  });
});

describe("a long answer", () => {
  const many = (count: number): readonly AuditedMailbox[] =>
    // Listed neither by address nor by id.
    Array.from({ length: count }, (_, n) => ({
      id: `m-${(n * 7) % count}`,
      address: `a${(n * 31) % count}@contoso.com`,
      rows: n % 10 === 9 ? [] : [grant(ANNA), grant(ANNA, { Allow: false })],
    }));
  const listed = (mailboxes: readonly AuditedMailbox[]): readonly string[] =>
    mailboxes.filter(({ rows }) => rows?.length !== 0).flatMap(({ id }) => [id, id]);

  test("comes in pages: the first before the rest is looked at, each mailbox in one piece, in the order of the run's list", async () => {
    const mailboxes = many(600);
    await recordAudit(journal, { id: "r1", mailboxes, people: [ANNA] });
    const asked: number[] = [];
    const counting: LookUp["journal"] = new Proxy(journal, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        return (...words: readonly unknown[]): unknown => {
          if (name === "target") asked.push(Number(words[1]));
          return Reflect.apply(value, target, words);
        };
      },
    });
    const telling = await tellWhatCanAccess({ ...lookUp, journal: counting }, ANNA.sid);
    const pages: (readonly string[])[] = [];
    const looked: { readonly mailboxes: number; readonly isOver: boolean }[] = [];
    for await (const page of telling.pages) {
      looked.push({ mailboxes: new Set(asked).size, isOver: telling.isOver() });
      pages.push(page.map(({ mailbox }) => mailbox.id));
      expect(page.every(({ allow, overruled }) => overruled === allow)).toBe(true);
    }
    expect(looked[0]?.mailboxes, "mailboxes read for the first page").toBeLessThan(300);
    expect(looked.map(({ isOver }) => isOver)).toEqual(pages.map((_, place) => place === pages.length - 1));
    expect(pages.map(({ length }) => length)).toEqual([...Array.from({ length: 10 }, () => 100), 80]);
    expect(pages.flat()).toEqual(listed(mailboxes));
    expect([telling.isOver(), telling.frame()]).toMatchObject([true, { total: 1_080, complete: true }]);
    expect((await whatCanAccess(lookUp, ANNA.id)).accesses.map(({ mailbox }) => mailbox.id)).toEqual(
      listed(mailboxes),
    );
  });

  test("of one page is sorted by address", async () => {
    const mailboxes = many(20);
    await recordAudit(journal, { id: "r1", mailboxes, people: [ANNA] });
    const { accesses } = await whatCanAccess(lookUp, ANNA.sid);
    const addresses = accesses.map(({ mailbox }) => mailbox.address);
    expect(addresses).toEqual(addresses.toSorted());
    expect(accesses.map(({ mailbox }) => mailbox.id)).not.toEqual(listed(mailboxes));
  });

  test("tells what only older runs know behind what the newest shows, and counts it at the end", async () => {
    const mailboxes = many(300);
    await recordAudit(journal, { id: "r1", mailboxes, people: [ANNA] });
    const unread = mailboxes.map((mailbox, n) =>
      n < 3 ? { id: mailbox.id, address: mailbox.address, outcome: "failed" as const } : mailbox,
    );
    await recordAudit(journal, { id: "r2", mailboxes: unread, people: [ANNA] });
    const telling = await tellWhatCanAccess(lookUp, ANNA.sid);
    const found: string[] = [];
    const notes: string[] = [];
    for await (const page of telling.pages) {
      notes.push(telling.frame().notes.join());
      found.push(...page.map(({ mailbox, status }) => `${mailbox.id} ${status}`));
    }
    const order = listed(mailboxes);
    expect(found).toEqual([
      ...order.slice(6).map((id) => `${id} seen`),
      ...order.slice(0, 6).map((id) => `${id} unknown`),
    ]);
    expect(telling.frame()).toMatchObject({ complete: false, total: 540 });
    expect(notes.map((some) => some.includes("6 of these accesses could not be looked at again"))).toEqual([
      ...Array.from({ length: 5 }, () => false),
      true,
    ]);
  });
});

describe("groups", () => {
  const TEAM = { id: "id-team", sid: "S-1-5-21-9", displayName: "Team", type: "group" as const };
  const INNER = { ...TEAM, id: "id-inner", sid: "S-1-5-21-10", displayName: "Inner team" };
  const ANNA_IN = { id: ANNA.id, displayName: "Anna", address: "anna@contoso.com", type: "user" as const };
  const INNER_IN = {
    ...ANNA_IN,
    id: INNER.id,
    displayName: "Inner team",
    address: "",
    type: "group" as const,
  };
  const held = [
    { ...SALES, rows: [grant(TEAM)] },
    { ...LEGAL, rows: [grant(ANNA)] },
  ];
  const people = [ANNA, TEAM, INNER];
  const nested = [
    { id: TEAM.id, displayName: "Team", members: [INNER_IN] },
    { id: INNER.id, displayName: "Inner team", members: [ANNA_IN] },
  ];
  const reach = { id: TEAM.id, people: 1, guests: 0 };

  test("whose members no run has read are shown as they are, and the answer says so", async () => {
    await recordAudit(journal, { id: "r1", mailboxes: held, people });
    const what = await whatCanAccess(lookUp, ANNA.sid);
    expect(facts(what)).toEqual(["FullAccess m-legal seen r1+"]);
    expect(what.notes.join()).toContain("what comes through groups is not in it");
    const who = await whoCanAccess(lookUp, "sales@contoso.com");
    expect(who.accesses.map(({ holder }) => holder.displayName)).toEqual(["Team"]);
    expect(who.notes.join()).toContain("1 of these accesses are held by groups whose members were not read");
  });

  test("are followed to people, with the way, from either side", async () => {
    await recordAudit(journal, {
      id: "r1",
      mailboxes: held,
      people,
      groups: { read: nested, reach: [reach] },
    });
    const what = await whatCanAccess(lookUp, ANNA.sid);
    expect(facts(what)).toEqual(["FullAccess m-legal seen r1+", "FullAccess m-sales seen r1+"]);
    expect(what.accesses[1]?.source).toMatchObject({
      kind: "group",
      path: ["Team", "Inner team"],
      group: TEAM.id,
    });
    expect(what.notes).toEqual([]);
    const who = await whoCanAccess(lookUp, "sales@contoso.com");
    expect(who.accesses.map(({ holder, source }) => [holder.displayName, source.path])).toEqual([
      ["Anna", ["Team", "Inner team"]],
      ["Team", []],
    ]);
    expect(who.notes).toEqual([]);
  });

  test("whose members could not all be read say that others may come in, and what is known is told", async () => {
    const gap = { ...reach, gap: "refused" };
    await recordAudit(journal, { id: "r1", mailboxes: held, people, groups: { read: nested, reach: [gap] } });
    const who = await whoCanAccess(lookUp, "sales@contoso.com");
    expect(who.accesses).toHaveLength(2);
    expect(who.notes.join()).toContain("not all read");
  });

  test("with very many people are not spelt out, and each of these finds the way all the same", async () => {
    const many = Array.from({ length: 1_500 }, (_, n) => ({ ...ANNA_IN, id: `id-${n}`, address: "" }));
    const read = [{ id: TEAM.id, displayName: "Team\u001b[31m", members: [...many, ANNA_IN] }];
    const groups = { read, reach: [{ id: TEAM.id, people: 1_501, guests: 0 }] };
    await recordAudit(journal, { id: "r1", mailboxes: held, people, groups });
    const who = await whoCanAccess(lookUp, "sales@contoso.com");
    expect(who.accesses.map(({ holder }) => holder.displayName)).toEqual(["Team"]);
    expect(who.notes.join()).toContain("the group Team brings in more than 1000 people");
    expect(facts(await whatCanAccess(lookUp, ANNA.sid))).toContain("FullAccess m-sales seen r1+");
  });

  test("somebody has left are out of the answer, since the night that says so", async () => {
    const groups = { read: nested, reach: [reach] };
    await recordAudit(journal, { id: "r1", mailboxes: held, people, groups });
    await recordAudit(journal, { id: "r2", mailboxes: held, people, groups });
    expect(facts(await whatCanAccess(lookUp, ANNA.sid))).toContain("FullAccess m-sales seen r1+");
    const left = [{ id: TEAM.id, displayName: "Renamed", members: [] }];
    const without = { read: left, reach: [{ ...reach, people: 0 }] };
    await recordAudit(journal, { id: "r3", mailboxes: held, people, groups: without });
    expect(facts(await whatCanAccess(lookUp, ANNA.sid))).toEqual(["FullAccess m-legal seen r1+"]);
    await recordAudit(journal, { id: "r4", mailboxes: held, people, groups });
    expect(facts(await whatCanAccess(lookUp, ANNA.sid))).toContain("FullAccess m-sales seen r4");
    expect((await whoCanAccess(lookUp, "sales@contoso.com")).accesses[0]?.since.run).toBe("r4");
  });

  test("a newer run could not read leave what an older one knew unknown, not gone", async () => {
    await recordAudit(journal, {
      id: "r1",
      mailboxes: held,
      people,
      groups: { read: nested, reach: [reach] },
    });
    const gap = { ...reach, people: 0, gap: "refused" };
    const unread = {
      read: [{ id: TEAM.id, displayName: "Team", members: [], gap: "refused" }],
      reach: [gap],
    };
    await recordAudit(journal, { id: "r2", mailboxes: held, people, groups: unread });
    expect(facts(await whatCanAccess(lookUp, ANNA.sid))).toContain("FullAccess m-sales unknown r1+");
    await recordAudit(journal, {
      id: "r3",
      mailboxes: held,
      people,
      groups: { ...unread, outcome: "failed" },
    });
    const who = await whoCanAccess(lookUp, "sales@contoso.com");
    expect(who.accesses.map(({ holder, status }) => `${holder.displayName} ${status}`)).toEqual([
      "Anna unknown",
      "Team seen",
    ]);
    expect(who.complete).toBe(false);
  });

  test("could not be read by the newest run, which shows nothing else of somebody, leave it unknown, too", async () => {
    const groups = { read: nested, reach: [reach] };
    const only = [{ ...SALES, rows: [grant(TEAM)] }, LEGAL];
    await recordAudit(journal, { id: "r1", mailboxes: only, people, groups });
    const gap = {
      read: [{ id: TEAM.id, displayName: "Team", members: [], gap: "refused" }],
      reach: [{ ...reach, people: 0, gap: "refused" }],
    };
    await recordAudit(journal, { id: "r2", mailboxes: only, people, groups: gap });
    expect(facts(await whatCanAccess(lookUp, ANNA.sid))).toEqual(["FullAccess m-sales unknown r1+"]);
  });

  test("that hold a right no more bring nobody in, however many they are and whether or not they were read", async () => {
    const other = [SALES, { ...LEGAL, rows: [grant(TEAM)] }];
    const many = Array.from({ length: 1_500 }, (_, n) => ({ ...ANNA_IN, id: `id-${n}`, address: "" }));
    const large = {
      read: [{ id: TEAM.id, displayName: "Team", members: [...many, ANNA_IN] }],
      reach: [{ id: TEAM.id, people: 1_501, guests: 0 }],
    };
    const small = { read: nested, reach: [reach] };
    const gap = { read: nested, reach: [{ ...reach, gap: "refused" }] };
    for (const [night, groups] of [large, gap].entries()) {
      await recordAudit(journal, { id: `before-${night}`, mailboxes: held, people, groups: small });
      expect((await whoCanAccess(lookUp, "m-sales")).accesses).toHaveLength(2);
      await recordAudit(journal, { id: `after-${night}`, mailboxes: other, people, groups });
      expect(facts(await whatCanAccess(lookUp, ANNA.sid))).toEqual([
        `FullAccess m-legal seen after-${night}`,
      ]);
      expect((await whoCanAccess(lookUp, "m-sales")).accesses).toEqual([]);
    }
  });

  test("a denial beats what is allowed, to whomever it comes by groups, and an inherited one no explicit grant", async () => {
    const mailboxes = [
      { ...SALES, rows: [grant(ANNA), grant(TEAM, { Allow: false })] },
      { ...LEGAL, rows: [grant(TEAM), grant(ANNA, { Allow: false, Inherited: true })] },
    ];
    await recordAudit(journal, { id: "r1", mailboxes, people, groups: { read: nested, reach: [reach] } });
    const words = ({ accesses }: Answer): readonly string[] =>
      accesses.map(({ holder, mailbox, allow, overruled, source }) =>
        [mailbox.id, holder.displayName, source.kind, allow ? "allow" : "deny", overruled].join(" "),
      );
    expect(words(await whatCanAccess(lookUp, ANNA.sid))).toEqual([
      "m-legal Anna direct deny false",
      "m-legal Team group allow false",
      "m-sales Anna direct allow true",
      "m-sales Team group deny false",
    ]);
    expect(words(await whoCanAccess(lookUp, "m-sales"))).toEqual([
      "m-sales Anna direct allow true",
      "m-sales Anna group deny false",
      "m-sales Team direct deny false",
    ]);
  });
});
