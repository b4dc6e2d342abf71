/** `exosweep notify`, and that no secret is left anywhere behind a message. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, expect, test } from "vitest";
import { politeQuirks } from "../../src/emulator/index.ts";
import { openSqliteJournal } from "../../src/journal/index.ts";
import { openEmulatedPlace } from "../support/emulated-place.ts";
import { receiver, SECRET, verified } from "../support/receivers.ts";
import { testRedisUrl } from "../support/redis.ts";

const emulated = await openEmulatedPlace({ mailboxes: 20, tenants: 1, seed: 4 });
afterAll(() => emulated[Symbol.asyncDispose]());
const { place, here, emulator } = emulated;
const [tenant] = emulated.tenants;
emulator.setProfile({ quirks: { ...politeQuirks(), writeLagSeconds: 0, dirSyncedRefusals: false } });

async function configure(sinks: readonly object[], more: object = {}): Promise<void> {
  const notify = { lookMs: 50, retryDelayMs: 10, timeoutMs: 2_000, sinks, ...more };
  await emulated.configure(
    `runs: { pollMs: 100 }\nschedules: { lookMs: 100, lateMs: 0 }\nnotify: ${JSON.stringify(notify)}`,
  );
}

const hook = (name: string, url: string, more: object = {}) => ({
  name,
  webhook: { url, secret: { env: "HOOK" } },
  ...more,
});

test("sinks are listed, tested all or one, and what came back is told", async () => {
  const [good, bad] = [await receiver(), await receiver(() => ({ status: 404 }))];
  await configure([
    hook("soc", good.url),
    { ...hook("old", bad.url), severity: "high", schedules: ["a", "b"] },
  ]);
  expect(JSON.parse((await here(["notify", "-o", "json"])).stdout)).toMatchObject([
    {
      name: "soc",
      kind: "webhook",
      tell: "new, gone, members, trouble",
      severity: "medium",
      details: "rules",
      schedules: "all",
    },
    { name: "old", severity: "high", schedules: "a, b" },
  ]);
  const environment = { HOOK: SECRET };
  const one = await here(["notify", "test", "SOC", "-o", "json"], environment);
  expect(one).toMatchObject({ exitCode: 0 });
  expect(JSON.parse(one.stdout)).toMatchObject([{ sink: "soc", result: "accepted", said: "202" }]);
  expect(verified(good.received[0] ?? never()).data).toMatchObject({ type: "test" });
  const all = await here(["notify", "test"], environment);
  expect(all).toMatchObject({ exitCode: 10, stdout: expect.stringMatching(/old +webhook +refused +404/) });
  const unset = await here(["notify", "test", "soc"]);
  expect(unset).toMatchObject({ exitCode: 10, stdout: expect.stringContaining("HOOK is not set") });
  expect(JSON.parse((await here(["notify", "log", "-o", "json"])).stdout)).toEqual([]);
});

test("what cannot be is refused in one message", async () => {
  await configure([hook("soc", "http://127.0.0.1:1")]);
  const refusal = async (words: readonly string[]): Promise<string> => {
    const { exitCode, stderr } = await here(["notify", ...words]);
    expect(exitCode).toBe(2);
    return stderr;
  };
  expect(await refusal(["test", "nobody"])).toContain('Cannot find the sink "nobody"');
  expect(await refusal(["tset"])).toContain("did you mean");
  expect(await refusal(["log", "--limit", "0"])).toContain("--limit");
  expect(await refusal(["log", "--state", "lost"])).toContain("lost");
  await configure([]);
  expect(await refusal(["test"])).toContain("there are no sinks");
  expect((await here(["notify"])).stderr).toContain("no sinks yet");
  await configure([hook("soc", "http://hooks.example/")]);
  expect(await refusal([])).toContain("notify.sinks[0].webhook.url: expected https");
});

const DAY = 86_400_000;

test("a message that failed is tried again when somebody says so, and no other is, and one of a sink that is gone is given up", async () => {
  const there = await receiver((count) => ({ status: count === 1 ? 401 : 200 }));
  await configure([hook("soc", there.url)]);
  const path = join(place.directory, "exosweep-data", "journal.db");
  const journal = await openSqliteJournal({ path });
  const message = { schemaVersion: 1, type: "test", title: "a title", at: new Date().toISOString() };
  await journal.addDeliveries([
    { id: "msg_a", sink: "soc", schedule: "gone", run: undefined, message, createdAtMs: Date.now() },
    {
      id: "msg_b",
      sink: "old",
      schedule: "gone",
      run: undefined,
      message,
      createdAtMs: Date.now() - 2 * DAY,
    },
  ]);
  const refused = await here(["notify", "retry", "msg_a"]);
  expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("none that failed") });
  const worker = place.start(["worker"], { HOOK: SECRET });
  await worker.said(/is given up: 401/);
  const again = await here(["notify", "retry", "msg_a", "-o", "json"]);
  expect(JSON.parse(again.stdout)).toMatchObject([{ id: "msg_a", state: "waiting", tries: 1 }]);
  await there.got(2);
  await worker.said(/"state":"sent".*message was tried/);
  await worker.said(/A message to "old" is given up: the sink is not in the settings any more/);
  const lost = await here(["notify", "retry", "msg_b"]);
  expect(lost).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("no sink of this name") });
  const log = await here(["notify", "log", "--sink", "old", "-o", "json"]);
  expect(JSON.parse(log.stdout)).toMatchObject([
    { id: "msg_b", state: "failed", said: "the sink is not in the settings any more", tries: 0, history: [] },
  ]);
  worker.child.kill("SIGTERM");
  expect((await worker.ended).exitCode).toBe(143);
  expect(there.received.map((each) => verified(each).id)).toEqual(["msg_a", "msg_a"]);
  expect(await journal.deliveries({ state: "sent" }, 9)).toMatchObject([
    { tries: [{ said: "401" }, { said: "200" }] },
  ]);
  await journal.close();
});

test(
  "after a scheduled run its message arrives, is in the log, and no secret is left anywhere",
  { timeout: 60_000 },
  async () => {
    const canary = "Q2FuYXJ5Q2FuYXJ5Q2FuYXJ5Q2FuYXJ5";
    const there = await receiver();
    const flow = `${there.url}/flow?sig=${canary}`;
    await configure([
      { ...hook("soc", there.url), details: "examples" },
      { name: "ops", teams: { url: { env: "FLOW" } } },
    ]);
    const path = join(place.directory, "exosweep-data", "journal.db");
    const journal = await openSqliteJournal({ path });
    await journal.addSchedule({
      name: "night",
      job: "permission-audit",
      tenant,
      cron: "0 * * * *",
      zone: "UTC",
      params: {},
      scope: {
        kind: "all",
        types: ["user"],
      },
      missed: "catch-up",
      createdAtMs: Date.now() - 864e5,
    });
    const boxes = await listed("Get-Mailbox", "RecipientTypeDetails=UserMailbox");
    const [holder = "", shared = "", owner = "", ...people] = boxes.map(
      (one) => one["PrimarySmtpAddress"] ?? "",
    );
    const group = await grantGroup(shared);
    const secret = `whsec_${canary}`;
    const worker = place.start(["worker"], { HOOK: secret, FLOW: flow });
    await there.got(2);
    await worker.said(/"sink":"ops".*message was tried/);
    await worker.said(/"sink":"soc".*message was tried/);
    const comer = await grant([owner, holder], group["Guid"] ?? "", people);
    const changed = await runNow();
    await worker.said(
      new RegExp(`"run":"${changed}","new":1,"gone":0,"messages":2,"cameIn":1,"left":0.*night was told of`),
    );
    await there.got(4);
    const unchanged = await runNow();
    await worker.said(new RegExp(`"run":"${unchanged}","new":0,"gone":0,"messages":0.*night was told of`));
    worker.child.kill("SIGTERM");
    const { exitCode, stderr, stdout } = await worker.ended;
    expect(exitCode).toBe(143);
    const log = await here(["notify", "log", "--schedule", "night", "-o", "json"]);
    const entries = JSON.parse(log.stdout) as readonly { readonly sink: string; readonly run: string }[];
    expect(entries.map((entry) => entry.run === changed)).toEqual([true, true, false, false]);
    const run = entries.at(-1)?.run;
    expect(entries).toContainEqual(
      expect.objectContaining({
        sink: "soc",
        run: changed,
        title: `night on ${tenant}: 1 medium finding new; 1 came into groups with rights`,
        message: expect.objectContaining({
          comparedWith: run,
          members: expect.objectContaining({
            cameIn: 1,
            widest: expect.toSatisfy((rights: number) => rights > 0),
            examples: {
              cameIn: [expect.stringContaining(`${comer} came into ${group["DisplayName"]} (FullAccess on `)],
              left: [],
            },
          }),
          examples: { new: [expect.stringContaining(`FullAccess on ${owner}`)], gone: [] },
        }),
      }),
    );
    const cards = there.received.filter(({ path: at }) => at.startsWith("/flow")).map(({ body }) => body);
    expect(cards).toHaveLength(2);
    // What a sink may not have, it has not: names are for those that asked for examples.
    expect(cards.join()).not.toContain(holder);
    expect(cards.join()).not.toContain(owner);
    expect(cards.join()).not.toContain(comer);
    expect(cards.join()).toContain("members of groups that hold rights: 1 came in, 0 left");
    expect(entries).toContainEqual(
      expect.objectContaining({
        sink: "soc",
        schedule: "night",
        state: "sent",
        tries: 1,
        said: "202",
        run,
        message: expect.objectContaining({
          run,
          examples: expect.objectContaining({ gone: [] }),
        }),
      }),
    );
    expect(
      (await here(["notify", "log", "--schedule", "night", "--state", "failed", "-o", "json"])).stdout,
    ).toBe("[]\n");
    expect((await here(["notify", "log", "--sink", "soc"])).stdout).toMatch(
      /night +soc +sent +1 +202 +night on/,
    );
    await journal.close();
    const files = readdirSync(place.directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== "exosweep.yaml")
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));
    const everything = [stderr, stdout, log.stdout, await redisKeeps(), ...files].join("\n");
    expect(everything).not.toContain(canary);
  },
);

type Listed = readonly Readonly<Record<string, string>>[];

async function listed(cmdlet: string, param: string): Promise<Listed> {
  const { stdout } = await here(["invoke", cmdlet, "--tenant", tenant, "--param", param]);
  return JSON.parse(stdout) as Listed;
}

async function apply(...changes: readonly object[]): Promise<void> {
  const file = await place.write("change.ndjson", changes.map((one) => `${JSON.stringify(one)}\n`).join(""));
  expect(await here(["apply", file, "--tenant", tenant, "--yes"])).toMatchObject({ exitCode: 0 });
}

const access = (mailbox: string, User: string) => ({
  mailbox,
  cmdlet: "Add-MailboxPermission",
  parameters: { User, AccessRights: "FullAccess" },
});

/** Gives a group access to a mailbox. */
async function grantGroup(mailbox: string): Promise<Readonly<Record<string, string>>> {
  const [group] = await listed("Get-DistributionGroup", "RecipientTypeDetails=MailUniversalSecurityGroup");
  await apply(access(mailbox, group?.["PrimarySmtpAddress"] ?? ""));
  return group ?? never();
}

/** Gives somebody access to somebody else's mailbox, and puts somebody into a group. @returns who that is */
async function grant(
  [owner, holder]: readonly [string, string],
  group: string,
  people: readonly string[],
): Promise<string> {
  const inside = await listed("Get-DistributionGroupMember", `Identity=${group}`);
  const known = new Set(inside.map((one) => one["PrimarySmtpAddress"]));
  const comer = people.find((address) => !known.has(address)) ?? "";
  await apply(access(owner, holder), {
    mailbox: comer,
    cmdlet: "Add-DistributionGroupMember",
    parameters: { Identity: group },
  });
  return comer;
}

async function runNow(): Promise<string> {
  const started = await here(["schedule", "run-now", "night", "-o", "json"]);
  return (JSON.parse(started.stdout) as { readonly id: string }).id;
}

async function redisKeeps(): Promise<string> {
  const redis = new Redis(testRedisUrl());
  const values = await Promise.all((await redis.keys("*")).map((key) => redis.dumpBuffer(key)));
  await redis.quit();
  return values.map((value) => value?.toString("latin1") ?? "").join("\n");
}

function never(): never {
  throw new Error("Nothing was received");
}
