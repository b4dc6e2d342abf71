import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSqliteJournal } from "../../src/journal/index.ts";
import { grant, recordAudit } from "../support/access-runs.ts";
import { openEmulatedPlace, runIdIn } from "../support/emulated-place.ts";

const emulated = await openEmulatedPlace({ mailboxes: 150, seed: 11 });
afterAll(() => emulated[Symbol.asyncDispose]());
const { here, emulator, place } = emulated;
const [tenant] = emulated.tenants;
// A mailbox whose trouble does not pass is given up soon.
await emulated.configure("runs: { pollMs: 100 }\nrequests: { maxRetries: 3, maxRetryMs: 1500 }");

interface Access {
  readonly holder: { readonly id: string; readonly sid: string; readonly type: string };
  readonly mailbox: { readonly id: string };
  readonly right: string;
  readonly allow: boolean;
  readonly status: string;
  readonly source: { readonly path: readonly string[]; readonly group?: string; readonly readAt?: string };
  readonly ageSeconds: number;
  readonly run: string;
  readonly since: { readonly run: string; readonly atLeast: boolean };
  readonly noise: string | null;
  readonly live?: string;
}
interface Answer {
  readonly complete: boolean;
  readonly notes: readonly string[];
  readonly runs: readonly {
    readonly run: string;
    readonly complete: boolean;
    readonly mailbox: string | null;
  }[];
  readonly subject: { readonly id: string; readonly mailboxId: string };
  readonly accesses: readonly Access[];
  readonly live?: {
    readonly readAt: string;
    readonly added: readonly Access[];
    readonly unread: readonly unknown[];
    readonly groups: { readonly read: number; readonly unread: readonly { readonly id: string }[] };
  };
}
type Named = Readonly<Record<string, string>> & { readonly EmailAddresses: readonly string[] };

async function audit(): Promise<string> {
  const ended = await here(["run", "permission-audit", "--tenant", tenant]);
  return runIdIn(ended.stderr);
}

async function ask(...words: readonly string[]): Promise<Answer> {
  const ended = await here([...words, "-o", "json"]);
  expect(ended).toMatchObject({ exitCode: 0 });
  return JSON.parse(ended.stdout);
}

/** The accesses in a short form: `right holder since run`. */
function facts({ accesses }: Answer): readonly string[] {
  return accesses.map(
    ({ right, holder, mailbox, status }) => `${right} ${holder.id} ${mailbox.id} ${status}`,
  );
}

async function apply(...changes: readonly string[]): Promise<void> {
  await place.write("changes.csv", `Action,Mailbox,Right,Trustee,AutoMapping\n${changes.join("\n")}\n`);
  const ended = await here(["apply", `${place.directory}/changes.csv`, "--tenant", tenant, "--yes"]);
  expect(ended).toMatchObject({ exitCode: 0 });
}

/** Whose mailbox permissions the service cannot tell, until this is said again. */
function cannotBeRead(...subjects: readonly string[]): void {
  const script = subjects.map((subject) => ({
    match: { cmdlet: "Get-MailboxPermission", subject },
    fault: { kind: "transient" as const },
  }));
  emulator.setProfile({ faults: { script } });
}

let first = "";
let second = "";
/** Somebody who holds rights before the first run, a mailbox they are held on, and one nobody but its owner can open. */
let holder: Named;
let mailbox: Named;
let other: Named;

async function get(cmdlet: string, identity: string): Promise<Named> {
  const { stdout } = await here(["invoke", cmdlet, "--tenant", tenant, "--param", `Identity=${identity}`]);
  const [row] = JSON.parse(stdout) as readonly Named[];
  if (row === undefined) throw new Error(`There is no ${identity}`);
  return row;
}

const text = (row: Named, name: string): string => row[name] ?? "";

beforeAll(async () => {
  first = await audit();
  const { stdout } = await here(["export", first, "--format", "ndjson"]);
  const rows = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Readonly<Record<string, string>>);
  const held = rows.find((row) => row["TrusteeClass"] === "user" && row["Right"] === "FullAccess");
  const grown = rows.find(
    (row) => row["MailboxType"] === "shared" && row["MailboxId"] !== held?.["MailboxId"],
  );
  mailbox = await get("Get-Mailbox", held?.["MailboxId"] ?? "");
  holder = await get("Get-Recipient", held?.["TrusteeId"] ?? "");
  other = await get("Get-Mailbox", grown?.["MailboxId"] ?? "");
  await apply(
    `Add,${text(other, "PrimarySmtpAddress")},FullAccess,${text(holder, "PrimarySmtpAddress")},false`,
  );
  second = await audit();
}, 120_000);

describe("a look-up", () => {
  test("names a mailbox by whatever belongs to it, and answers the same", async () => {
    const expected = await ask("who-can-access", text(mailbox, "ExchangeGuid"));
    expect(expected.accesses.length).toBeGreaterThan(0);
    expect(expected).toMatchObject({ complete: true, notes: [], runs: [{ run: second, mailbox: "ok" }] });
    const recipient = await get("Get-Recipient", text(mailbox, "ExchangeGuid"));
    const addresses = recipient.EmailAddresses.filter((address) => /^smtp:/i.test(address));
    expect(addresses.length, "old addresses").toBeGreaterThan(1);
    const names = [
      text(mailbox, "PrimarySmtpAddress").toUpperCase(),
      text(mailbox, "UserPrincipalName"),
      text(mailbox, "ExternalDirectoryObjectId"),
      text(mailbox, "Alias"),
      text(mailbox, "DisplayName"),
      ...addresses.map((address) => address.slice(5)),
    ];
    for (const name of names)
      expect({ name, facts: facts(await ask("who-can-access", name)) }).toEqual({
        name,
        facts: facts(expected),
      });
  });

  test("tells both sides of one access alike, under the principal's SID, address or id", async () => {
    const what = await ask("what-can-access", text(holder, "PrimarySmtpAddress"));
    expect(what.accesses.map((access) => access.mailbox.id)).toEqual(
      expect.arrayContaining([text(mailbox, "ExchangeGuid"), text(other, "ExchangeGuid")]),
    );
    const user = await get("Get-User", text(holder, "ExternalDirectoryObjectId"));
    for (const name of [text(user, "Sid"), text(holder, "ExternalDirectoryObjectId")])
      expect(facts(await ask("what-can-access", name))).toEqual(facts(what));
    for (const { mailbox: held, right } of what.accesses) {
      const who = await ask("who-can-access", held.id);
      expect(
        who.accesses.some((access) => access.holder.id === what.subject.id && access.right === right),
      ).toBe(true);
    }
  });

  test("says since when: the run that saw it first, or at least since the oldest", async () => {
    const { accesses } = await ask("what-can-access", text(holder, "PrimarySmtpAddress"));
    const since = new Map(accesses.map((access) => [`${access.right} ${access.mailbox.id}`, access.since]));
    expect(since.get(`FullAccess ${text(mailbox, "ExchangeGuid")}`)).toMatchObject({
      run: first,
      atLeast: true,
    });
    expect(since.get(`FullAccess ${text(other, "ExchangeGuid")}`)).toMatchObject({
      run: second,
      atLeast: false,
    });
  });

  test("answers as of a run or a day", async () => {
    const before = await ask("what-can-access", text(holder, "PrimarySmtpAddress"), "--as-of", first);
    expect(before.runs.map(({ run }) => run)).toEqual([first]);
    expect(before.accesses.map((access) => access.mailbox.id)).not.toContain(text(other, "ExchangeGuid"));
    const today = new Date().toISOString().slice(0, 10);
    const now = await ask("what-can-access", text(holder, "PrimarySmtpAddress"), "--as-of", today);
    expect(now.runs.map(({ run }) => run)).toEqual([second]);
    const past = await here(["what-can-access", "anybody", "--as-of", "2001-01-01"]);
    expect([past.exitCode, past.stderr]).toEqual([2, expect.stringContaining("no run of that time")]);
    expect((await here(["what-can-access", "anybody", "--as-of", "2026-99-99"])).exitCode).toBe(2);
    expect((await here(["what-can-access", "anybody", "--as-of", "nonsense"])).exitCode).toBe(2);
  });

  test("hides noise until it is asked for", async () => {
    const shown = await ask("who-can-access", text(mailbox, "ExchangeGuid"));
    const all = await ask("who-can-access", text(mailbox, "ExchangeGuid"), "--include-noise");
    const noise = all.accesses.filter((access) => access.noise !== null);
    expect(noise.length).toBeGreaterThan(0);
    expect(all.accesses.length - noise.length).toBe(shown.accesses.length);
  });

  test("prints a table for people, and CSV with its notes aside", async () => {
    const table = await here(["who-can-access", text(mailbox, "PrimarySmtpAddress")]);
    expect(table.stdout).toMatch(
      /^who can access: .+\nrun \w+ \(permission-audit\) of .+ ago: complete, this mailbox: ok\nHOLDER/,
    );
    expect(table.stderr).toMatch(/^\d+ accesses, \d+ hidden by noise rules/);
    const csv = await here(["what-can-access", text(holder, "PrimarySmtpAddress"), "-o", "csv"]);
    expect(csv.stdout).toMatch(
      /^Mailbox,Address,As,Right,Allow,Inherited,Source,Since,Age,GroupsAge,Run,Status,Noise\r\n/,
    );
    expect(csv.stderr).toMatch(/\d+ accesses/);
  });

  test("says of a name nobody has that nobody has it", async () => {
    const nobody = await here(["who-can-access", "nobody@nowhere.example"]);
    expect([nobody.exitCode, nobody.stdout]).toEqual([2, ""]);
    expect(nobody.stderr).toContain('Cannot find "nobody@nowhere.example"');
  });
});

describe("a live look", () => {
  test("shows beside what was recorded what is gone, what is still there and what is new", async () => {
    await apply(
      `Remove,${text(other, "PrimarySmtpAddress")},FullAccess,${text(holder, "PrimarySmtpAddress")},`,
      `Add,${text(other, "PrimarySmtpAddress")},SendAs,${text(holder, "PrimarySmtpAddress")},`,
    );
    const sent = emulator.ledger.length;
    const what = await ask("what-can-access", text(holder, "PrimarySmtpAddress"), "--live");
    const word = new Map(
      what.accesses.map((access) => [`${access.right} ${access.mailbox.id}`, access.live]),
    );
    expect(word.get(`FullAccess ${text(other, "ExchangeGuid")}`)).toBe("gone");
    expect(word.get(`FullAccess ${text(mailbox, "ExchangeGuid")}`)).toBe("still");
    const who = await ask("who-can-access", text(other, "ExchangeGuid"), "--live");
    expect(who.live?.unread).toEqual([]);
    expect(who.live?.added).toMatchObject([{ right: "SendAs" }]);
    const cmdlets = [...emulator.ledger.read(sent)].map(({ cmdlet }) => cmdlet);
    expect(cmdlets.filter((cmdlet) => !/^get-/i.test(cmdlet))).toEqual([]);
    expect(cmdlets.length).toBeGreaterThan(0);
    // Nothing of it was recorded.
    expect((await ask("who-can-access", text(other, "ExchangeGuid"))).runs).toMatchObject([{ run: second }]);
  });

  test("says so where a mailbox cannot be read now", async () => {
    const subject = text(mailbox, "ExchangeGuid");
    cannotBeRead(subject);
    const who = await ask("who-can-access", subject, "--live");
    expect(who.accesses.map((access) => access.live)).toEqual(who.accesses.map(() => "unread"));
    expect(who.live?.unread).toHaveLength(1);
    cannotBeRead();
  });
});

describe("a live look at groups", () => {
  /** A group that gives somebody with a mailbox access to a mailbox, directly. */
  async function aWayIn(): Promise<Access> {
    for (const id of await groupsWithAccess()) {
      const { accesses } = await ask("what-can-access", id);
      const [held] = accesses.filter(({ allow, status }) => allow && status === "seen");
      if (held === undefined) continue;
      const who = await ask("who-can-access", held.mailbox.id);
      const member = who.accesses.find(
        ({ source, holder: person }) =>
          source.group === id && source.path.length === 1 && person.type === "user",
      );
      if (member !== undefined) return member;
    }
    throw new Error("Nobody comes in by a group");
  }

  async function groupsWithAccess(): Promise<readonly string[]> {
    const { stdout } = await here(["export", second, "--format", "ndjson"]);
    const rows = stdout.trim().split("\n");
    const held = rows.map((line) => JSON.parse(line) as Readonly<Record<string, string>>);
    const groups = held.filter((row) => row["TrusteeClass"] === "group" && Number(row["GroupPeople"]) > 2);
    return [...new Set(groups.map((row) => row["TrusteeId"] ?? ""))];
  }

  async function change(group: string, leaver: string, comer: string): Promise<void> {
    const changes = [
      { mailbox: leaver, cmdlet: "Remove-DistributionGroupMember", parameters: { Identity: group } },
      { mailbox: comer, cmdlet: "Add-DistributionGroupMember", parameters: { Identity: group } },
    ];
    await place.write("members.ndjson", changes.map((one) => `${JSON.stringify(one)}\n`).join(""));
    const file = `${place.directory}/members.ndjson`;
    expect(await here(["apply", file, "--tenant", tenant, "--yes"])).toMatchObject({ exitCode: 0 });
  }

  test("reads who is in them now: who has left is gone, who came is new, and nobody else is asked about", async () => {
    // What is written is seen at once, on every connection.
    emulator.setProfile({ quirks: { writeLagSeconds: 0 } });
    const leaver = await aWayIn();
    const group = leaver.source.group ?? "";
    const before = await ask("who-can-access", leaver.mailbox.id);
    const inside = new Set(before.accesses.map((access) => access.holder.id));
    expect(leaver.source.readAt).toMatch(/Z$/);
    expect(leaver.ageSeconds).toBeGreaterThanOrEqual(0);
    const comer = inside.has(text(holder, "ExternalDirectoryObjectId")) ? other : holder;
    await change(group, leaver.holder.id, text(comer, "ExternalDirectoryObjectId"));

    const sent = emulator.ledger.length;
    const who = await ask("who-can-access", leaver.mailbox.id, "--live");
    const asked = [...emulator.ledger.read(sent)].filter(({ cmdlet }) => /member$/i.test(cmdlet));
    const byGroup = who.accesses.filter(({ source }) => source.group === group);
    expect(byGroup.length).toBeGreaterThan(1);
    for (const access of byGroup)
      expect([access.holder.id, access.live]).toEqual([
        access.holder.id,
        access.holder.id === leaver.holder.id ? "gone" : "still",
      ]);
    expect(who.live?.added.map(({ holder: person, source }) => [person.id, source.group])).toContainEqual([
      text(comer, "ExternalDirectoryObjectId"),
      group,
    ]);
    expect(who.live?.groups).toMatchObject({ read: expect.any(Number), unread: [] });
    expect(Date.parse(who.live?.readAt ?? "")).toBeGreaterThan(Date.parse(leaver.source.readAt ?? ""));
    expect(asked.length).toBeGreaterThan(0);

    const what = await ask("what-can-access", leaver.holder.id, "--live");
    const gone = what.accesses.filter(({ source }) => source.group === group);
    expect(gone.map(({ live }) => live)).toEqual(gone.map(() => "gone"));
    expect(gone.length).toBeGreaterThan(0);

    // Refused: nobody knows who is in it now.
    const script = [
      { match: { cmdlet: "Get-DistributionGroupMember" }, fault: { kind: "transient" as const } },
    ];
    emulator.setProfile({ faults: { script } });
    const unread = await ask("who-can-access", leaver.mailbox.id, "--live");
    emulator.setProfile({ faults: { script: [] } });
    const doubtful = unread.accesses.filter(({ source }) => source.group === group);
    expect(doubtful.map(({ live }) => live)).toEqual(doubtful.map(() => "unread"));
    expect(unread.live?.groups.unread.map(({ id }) => id)).toContain(group);
    const table = await here(["who-can-access", leaver.mailbox.id, "--live"]);
    expect(table.stdout).toMatch(/GROUPSAGE/);
    expect(table.stderr).toMatch(/\d+ groups read/);

    // The run's own reading, made anew: its rows are as old as they were, who is in its groups is not.
    const items = await here(["runs", "items", second, "-o", "ndjson"]);
    const members = items.stdout.split("\n").find((line) => line.includes('"group-members"')) ?? "{}";
    const { line } = JSON.parse(members) as { readonly line?: number };
    const redriven = await here(["runs", "redrive", second, "--lines", String(line)]);
    expect(redriven).toMatchObject({ exitCode: 0 });
    const after = await ask("who-can-access", leaver.mailbox.id);
    expect(after).toMatchObject({ complete: true, runs: [{ run: second }] });
    const now = after.accesses.filter(({ source }) => source.group === group);
    const ids = now.map((access) => access.holder.id);
    expect(ids).toContain(text(comer, "ExternalDirectoryObjectId"));
    expect(ids).not.toContain(leaver.holder.id);
    for (const { source } of now)
      expect(Date.parse(source.readAt ?? "")).toBeGreaterThan(Date.parse(leaver.source.readAt ?? ""));
  });
});

describe("a run that could not read everything", () => {
  test("says so at the top, and what it did not read is unknown, with the last run that read it", async () => {
    const subject = text(mailbox, "ExchangeGuid");
    cannotBeRead(subject);
    const third = await audit();
    cannotBeRead();
    const who = await ask("who-can-access", subject);
    expect(who.complete).toBe(false);
    expect(who.notes.join("\n")).toContain(`the mailbox was not read in run ${third}`);
    expect(who.notes.join("\n")).toContain(`the last that read it is run ${second}`);
    const full = who.accesses.filter(({ right }) => right === "FullAccess");
    expect(full).toMatchObject(full.map(() => ({ status: "unknown", run: second })));
    expect(full.length).toBeGreaterThan(0);
    const what = await ask("what-can-access", text(holder, "PrimarySmtpAddress"));
    expect(what.complete).toBe(false);
    expect(what.notes.join("\n")).toContain(`run ${third} is not complete`);
    expect(what.accesses.find((access) => access.mailbox.id === subject)).toMatchObject({
      status: "unknown",
    });

    const redriven = await here(["runs", "redrive", third, "--outcome", "denied,failed", "--yes"]);
    expect(redriven).toMatchObject({ exitCode: 0 });
    await here(["runs", "watch", third]);
    const after = await ask("what-can-access", text(holder, "PrimarySmtpAddress"));
    expect(after.complete).toBe(true);
    expect(after.accesses.find((access) => access.mailbox.id === subject)).toMatchObject({
      status: "seen",
      run: third,
      since: { run: first, atLeast: true },
    });
  }, 60_000);
});

describe("names from outside", () => {
  const hostile = [
    "\u001b[2Jcleared",
    "\u202egnp.exe",
    "two\r\nlines",
    '=HYPERLINK("http://evil.example","x")',
    "<script>alert(1)</script>",
    "a\u0000b\u2028c",
  ];

  beforeAll(async () => {
    const journal = await openSqliteJournal({ path: join(place.directory, "exosweep-data", "journal.db") });
    const people = hostile.map((displayName, n) => ({ id: `id-${n}`, sid: `S-1-5-21-${n}`, displayName }));
    await recordAudit(journal, {
      id: "rhostile",
      tenant: "hostile",
      mailboxes: [
        {
          id: "m-1",
          address: "m1@hostile.example",
          displayName: hostile[1] ?? "",
          rows: people.map((person) => grant(person)),
        },
      ],
      people: [
        ...people,
        { id: "id-twin-1", displayName: "twin", primarySmtp: "\u001b[31mred@hostile.example" },
        { id: "id-twin-2", displayName: "twin" },
      ],
    });
    await journal.close();
  });

  test.each([["table"], ["csv"], ["ndjson"], ["json"]] as const)(
    "come out harmless as %s, and whole where programs read them",
    async (format) => {
      const { stdout, stderr, exitCode } = await here([
        "who-can-access",
        "M1@hostile.example",
        "--tenant",
        "hostile",
        "-o",
        format,
      ]);
      expect(exitCode).toBe(0);
      // CSV is for programs: there cells are quoted, and formulas disarmed.
      const shown = format === "csv" ? stderr : `${stdout}${stderr}`;
      expect(shown.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      const names = {
        table: () => stdout.includes("\\u{1b}[2Jcleared"),
        csv: () => stdout.includes("'=HYPERLINK"),
        ndjson: () => stdout.trim().split("\n").length === hostile.length,
        json: () =>
          (
            JSON.parse(stdout) as {
              readonly accesses: readonly { readonly holder: { readonly displayName: string } }[];
            }
          ).accesses
            .map(({ holder }) => holder.displayName)
            .toSorted()
            .join() === hostile.toSorted().join(),
      };
      expect(names[format]()).toBe(true);
    },
  );

  test("that several have list who they are, and exit with 2", async () => {
    const several = await here(["what-can-access", "Twin", "--tenant", "hostile", "-o", "json"]);
    expect(several.exitCode).toBe(2);
    expect(several.stderr).toContain('2 have the name "Twin" in run rhostile');
    expect(JSON.parse(several.stdout)).toMatchObject([{ id: "id-twin-1" }, { id: "id-twin-2" }]);
    const table = await here(["what-can-access", "twin", "--tenant", "hostile"]);
    expect([table.exitCode, table.stdout]).toEqual([2, expect.stringContaining("\\u{1b}[31mred@")]);
  });
});

describe("somebody with very many accesses", () => {
  const MANY = 350;
  const BOX = /^Box \d+ /gm;
  const hub = { id: "id-hub", sid: "S-1-5-21-77", displayName: "Backup", primarySmtp: "backup@many.example" };
  const words = ["what-can-access", hub.sid, "--tenant", "many"];
  const lines = (text: string): readonly string[] => text.trim().split("\n");

  beforeAll(async () => {
    const journal = await openSqliteJournal({ path: join(place.directory, "exosweep-data", "journal.db") });
    await recordAudit(journal, {
      id: "rmany",
      tenant: "many",
      mailboxes: Array.from({ length: MANY }, (_, n) => ({
        id: `m-${n}`,
        address: `m${n}@many.example`,
        displayName: `Box ${n}`,
        // Nothing on the first page fills this column.
        rows: [grant(hub, { Inherited: n > 200 })],
      })),
      people: [hub, { id: "id-idle", displayName: "Idle" }],
    });
    await journal.close();
  });

  test("is shown a page, and how many there are in all; --limit and --all show as many as are wanted", async () => {
    const page = await here(words);
    expect(page).toMatchObject({ exitCode: 0 });
    expect(page.stdout.match(BOX)).toHaveLength(100);
    expect(page.stdout).not.toContain("INHERITED");
    expect(page.stderr).toContain("the first 100 of 350 accesses (--all shows them all)");
    const some = await here([...words, "--limit", "150"]);
    expect(some.stdout.match(BOX)).toHaveLength(150);
    expect(some.stderr).toContain("the first 150 of 350 accesses");
    const all = await here([...words, "--all"]);
    expect(all.stdout.match(BOX)).toHaveLength(MANY);
    expect(all.stdout.match(/ inherited /g)).toHaveLength(MANY - 201);
    expect(all.stderr).toContain("350 accesses");
    expect(all.stderr).not.toContain("first");
  });

  test("is told whole to programs, in the order of the run's list, unless they want less", async () => {
    const order = Array.from({ length: MANY }, (_, n) => `m-${n}`);
    const json = await here([...words, "-o", "json"]);
    const answer = JSON.parse(json.stdout) as Answer & { readonly total: number };
    expect(answer).toMatchObject({ total: MANY, complete: true, runs: [{ run: "rmany" }] });
    expect(answer.accesses.map(({ mailbox }) => mailbox.id)).toEqual(order);
    const ndjson = await here([...words, "-o", "ndjson"]);
    expect(lines(ndjson.stdout).map((line) => (JSON.parse(line) as { Address: string }).Address)).toEqual(
      order.map((id) => `${id.replace("-", "")}@many.example`),
    );
    expect(lines((await here([...words, "-o", "csv"])).stdout)).toHaveLength(1 + MANY);
    const few = JSON.parse((await here([...words, "-o", "json", "--limit", "3"])).stdout) as typeof answer;
    expect([few.total, few.accesses.map(({ mailbox }) => mailbox.id)]).toEqual([MANY, order.slice(0, 3)]);
  });

  test("is beside somebody with none a record all the same, and contradictions are refused", async () => {
    const none = await here(["what-can-access", "idle", "--tenant", "many", "-o", "json"]);
    expect(JSON.parse(none.stdout)).toMatchObject({ accesses: [], total: 0, runs: [{ run: "rmany" }] });
    for (const wrong of [
      ["--limit", "0"],
      ["--limit", "many"],
      ["--limit", "5", "--all"],
      ["--limit", "5", "--live"],
    ])
      expect([wrong, (await here([...words, ...wrong])).exitCode]).toEqual([wrong, 2]);
  });
});
