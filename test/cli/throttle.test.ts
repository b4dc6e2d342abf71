import { afterAll, expect, test } from "vitest";
import { openEmulatedPlace } from "../support/emulated-place.ts";
import { openTestRedis } from "../support/redis.ts";

const emulated = await openEmulatedPlace({ mailboxes: 10, seed: 8 });
afterAll(() => emulated[Symbol.asyncDispose]());
const {
  here,
  tenants: [tenant],
} = emulated;

/** What went wrong and what to do, on one line. */
function said(stderr: string): string {
  return stderr.replace(/\n\s+next: /, ": ");
}

async function shown(): Promise<Record<string, unknown>> {
  const { stdout, exitCode } = await here(["throttle", "show", tenant, "-o", "json"]);
  expect(exitCode).toBe(0);
  const record: Record<string, unknown> = JSON.parse(stdout);
  return record;
}

test("show says what is known, also of a tenant that nobody has asked yet", async () => {
  expect(await shown()).toMatchObject({
    tenant,
    openIn: 0,
    degraded: false,
    shareNow: 100,
    maxConcurrency: null,
    timetable: null,
    callsRefused: 0,
  });
  const table = await here(["throttle", "show", tenant]);
  expect(table.stdout).toMatch(new RegExp(`^${tenant}: open\\n {2}window {6}\\d+ requests? at once`));
  expect(table.stdout).toContain("orders      none");
});

test("set changes what is named and keeps the rest, and --clear forgets all but the timetable", async () => {
  await here(["throttle", "timetable", tenant, "08:00,20% 18:00,100%", "--tz", "Europe/Berlin"]);
  await here(["throttle", "set", tenant, "--max-concurrency", "5", "--share", "80%"]);
  const set = await here(["throttle", "set", tenant, "--max-rate", "12.5", "--politeness", "polite"]);
  expect(set.stdout).toContain(
    "at most 5 requests at once, at most 13 calls a second, at most 80 % of what is found, polite, " +
      "timetable 08:00,20% 18:00,100% (Europe/Berlin), now",
  );
  const bounds = { maxConcurrency: 5, maxRate: 12.5, sharePercent: 80, politeness: "polite" };
  const timetable = { timetable: "08:00,20% 18:00,100%", timeZone: "Europe/Berlin" };
  expect(await shown()).toMatchObject({ ...bounds, ...timetable });
  await here(["throttle", "set", tenant, "--clear"]);
  expect(await shown()).toMatchObject({
    maxConcurrency: null,
    sharePercent: null,
    politeness: "normal",
    ...timetable,
  });
  await here(["throttle", "timetable", tenant, "--clear"]);
  expect(await shown()).toMatchObject({ timetable: null, timeZone: null, shareNow: 100 });
});

test("writes are bounded by themselves", async () => {
  const set = await here(["throttle", "set", tenant, "--max-write-rate", "2.5"]);
  expect(set.stdout).toContain("orders      at most 2.5 writes a second");
  expect(await shown()).toMatchObject({ maxWriteRate: 2.5, maxRate: null });
  await here(["throttle", "set", tenant, "--clear"]);
  expect(await shown()).toMatchObject({ maxWriteRate: null });
});

test("what was set is there still when Redis lost everything while nothing ran", async () => {
  await here(["throttle", "set", tenant, "--max-rate", "17"]);
  await here(["throttle", "timetable", tenant, "00:00,70%", "--tz", "Asia/Tokyo"]);
  await (await openTestRedis()).close(); // It empties it.
  expect(await shown()).toMatchObject({ maxRate: 17, shareNow: 70, timeZone: "Asia/Tokyo" });
  await (await openTestRedis()).close();
  await here(["throttle", "set", tenant, "--clear"]);
  expect(await shown()).toMatchObject({ maxRate: null, shareNow: 70 });
  await here(["throttle", "timetable", tenant, "--clear"]);
  expect(await shown()).toMatchObject({ timetable: null });
});

test("a timetable without --tz keeps the zone there is", async () => {
  await here(["throttle", "timetable", tenant, "00:00,50%", "--tz", "Asia/Tokyo"]);
  await here(["throttle", "timetable", tenant, "00:00,60%"]);
  expect(await shown()).toMatchObject({ timeZone: "Asia/Tokyo", shareNow: 60, shareUntil: null });
  await here(["throttle", "timetable", tenant, "--clear"]);
});

test("a call leaves, and show counts it", async () => {
  const before = Number((await shown())["callsPassed"]);
  expect(
    (await here(["invoke", "Get-Mailbox", "--tenant", tenant, "--param", "ResultSize=3"])).exitCode,
  ).toBe(0);
  expect(Number((await shown())["callsPassed"])).toBeGreaterThan(before);
});

test("a run's summary tells of its own share of the limit, whatever ran before it", async () => {
  const run = async (): Promise<number> => {
    const { stdout, exitCode } = await here(["run", "permission-audit", "--tenant", tenant, "-o", "json"]);
    expect(exitCode).toBe(0);
    const { id } = JSON.parse(stdout) as { id: string };
    const shown = JSON.parse((await here(["runs", "show", id, "-o", "json"])).stdout) as {
      summary: { limit: { used: number } };
    };
    return shown.summary.limit.used;
  };
  await here(["throttle", "set", tenant, "--max-rate", "6"]);
  const held = await run();
  await here(["throttle", "set", tenant, "--clear"]);
  const free = await run();
  expect(held).toBeGreaterThan(0.5);
  expect(free).toBeLessThan(held / 2);
});

test.each([
  [["set"], "Cannot tell what to set"],
  [["set", "--share", "0"], 'Cannot set --share to "0": expected a number from 1 to 100'],
  [["set", "--share", "101%"], 'Cannot set --share to "101": expected a number from 1 to 100'],
  [
    ["set", "--max-concurrency", "2.5"],
    'Cannot set --max-concurrency to "2.5": expected a whole number from 1 to 1000',
  ],
  [["set", "--max-rate", "-3"], "--max-rate"],
  [
    ["set", "--max-write-rate", "0"],
    'Cannot set --max-write-rate to "0": expected a number from 0.01 to 100000',
  ],
  [["set", "--max-rate", "1e9"], 'Cannot set --max-rate to "1e9": expected a number from 0.01 to 100000'],
  [
    ["set", "--politeness", "rude"],
    'Cannot set --politeness to "rude": expected one of polite, normal, eager',
  ],
  [["timetable"], "Cannot tell which timetable is meant"],
  [["timetable", "08:00,20%", "--clear"], "Cannot tell which timetable is meant"],
  [["timetable", "8 o'clock"], 'Cannot read the timetable at "8": expected entries like'],
  [["timetable", "08:00,20% 08:00,30%"], "Cannot read the timetable: 08:00 is there twice"],
  [
    ["timetable", "08:00,20%", "--tz", "Mars/Crater"],
    'Cannot use time zone "Mars/Crater": expected a name such as',
  ],
])(
  "throttle %j is refused with one message, and changes nothing",
  async ([command = "", ...words], message) => {
    const before = await shown();
    const { exitCode, stderr, stdout } = await here(["throttle", command, tenant, ...words]);
    expect(exitCode).toBe(2);
    expect(stdout).toBe("");
    expect(said(stderr)).toContain(message);
    expect(stderr.match(/^error: /gm)).toHaveLength(1);
    expect({ ...(await shown()), at: 0 }).toEqual({ ...before, at: 0 });
  },
);

test("an unknown tenant is named, with those there are", async () => {
  const { exitCode, stderr } = await here(["throttle", "show", "nobody"]);
  expect(exitCode).toBe(2);
  expect(said(stderr)).toContain(`Cannot find tenant "nobody": configured are: ${tenant}`);
});
