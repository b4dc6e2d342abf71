import { expect, test } from "vitest";
import { startEmulator } from "../../src/emulator/index.ts";
import { benchOf, type BatchCall, type Bench, type RawReply } from "./wire.ts";

type Row = Readonly<Record<string, unknown>>;

interface Body {
  readonly value?: readonly Row[];
  readonly "@odata.nextLink"?: string;
}

/** JSON of a whole, sound reply; undefined for anything else. */
function soundBody(
  reply: RawReply,
): { responses?: ({ id: string; status: number; body: Body } | null)[] } & Body {
  if (reply.status !== 200 || !reply.whole || reply.text === "") return {};
  return JSON.parse(reply.text);
}

/** Asks for each mailbox until it has an answer. */
async function readEach(
  bench: Bench,
  cmdlet: string,
  mailboxes: readonly string[],
): Promise<Map<string, readonly Row[]>> {
  const answers = new Map<string, readonly Row[]>();
  for (let round = 0; answers.size < mailboxes.length; round += 1) {
    if (round > 20) throw new Error("it never ends");
    const open = mailboxes.filter((guid) => !answers.has(guid));
    for (let at = 0; at < open.length; at += 20) {
      const calls: BatchCall[] = open
        .slice(at, at + 20)
        .map((Identity) => ({ id: Identity, cmdlet, parameters: { Identity, ResultSize: "Unlimited" } }));
      for (const item of soundBody(await bench.batch(calls)).responses ?? [])
        if (item?.status === 200 && item.body.value) answers.set(item.id, item.body.value);
    }
  }
  return answers;
}

/** Every row of a listing, repeating what fails. */
async function readAll(bench: Bench, cmdlet: string, select: string): Promise<Row[]> {
  const rows: Row[] = [];
  let query = `?$select=${select}`;
  for (let tries = 0; tries < 200; tries += 1) {
    const headers = { prefer: "odata.maxpagesize=50" };
    const body = soundBody(await bench.invoke(cmdlet, { ResultSize: "Unlimited" }, { query, headers }));
    if (!body.value) continue;
    rows.push(...body.value);
    if (body["@odata.nextLink"] === undefined) return rows;
    query = new URL(body["@odata.nextLink"]).search;
  }
  throw new Error("it never ends");
}

const isTrue = (value: unknown): boolean => String(value).toLowerCase() === "true";
const rightsIn = (row: Row): string[] =>
  (row["AccessRights"] as string[]).flatMap((element) => element.split(/,\s*/));

test("with every default quirk on, a patient reader gets exactly the truth", async () => {
  const emulator = await startEmulator({ mailboxes: 600, seed: 5 });
  let bench = await benchOf(emulator);
  emulator.setProfile({ quirks: { claimsChallenge: 0 } });
  const targets = [...emulator.targets(bench.tenantId)];
  const read = new Set<string>();
  for (const [guid, rows] of await readEach(bench, "Get-MailboxPermission", targets)) {
    const identity = rows.find((row) => row["UserSid"] === "S-1-5-10")?.["Identity"];
    for (const row of rows)
      for (const right of rightsIn(row))
        if (row["Identity"] === identity)
          read.add(`${guid} ${right} ${String(row["UserSid"])} ${!isTrue(row["Deny"])}`);
  }
  bench = await benchOf(emulator);
  for (const [guid, rows] of await readEach(bench, "Get-RecipientPermission", targets))
    for (const row of rows)
      read.add(`${guid} SendAs ${String(row["TrusteeSidString"])} ${row["AccessControlType"] === "Allow"}`);
  const truth = new Set(
    [...emulator.truth(bench.tenantId)]
      .filter((fact) => fact.right !== "SendOnBehalf")
      .map((fact) => `${fact.mailboxGuid} ${fact.right} ${fact.trusteeSid} ${fact.allow}`),
  );
  expect([...read].filter((line) => !truth.has(line)).slice(0, 5)).toEqual([]);
  expect([...truth].filter((line) => !read.has(line)).slice(0, 5)).toEqual([]);
  expect(emulator.ledger.summary().byStatus["500"], "the quirks were really on").toBeGreaterThan(0);
  await emulator.stop();
});

test("with every default quirk on, a listing has every mailbox", async () => {
  const emulator = await startEmulator({ mailboxes: 2_000 });
  emulator.setProfile({ quirks: { claimsChallenge: 0 } });
  const bench = await benchOf(emulator);
  const rows = await readAll(bench, "Get-Mailbox", "ExchangeGuid");
  const guids = new Set(rows.map((row) => row["ExchangeGuid"]));
  expect([...emulator.targets(bench.tenantId)].filter((guid) => !guids.has(guid))).toEqual([]);
  expect(rows.length, "some rows came twice").toBeGreaterThan(guids.size);
  await emulator.stop();
});
