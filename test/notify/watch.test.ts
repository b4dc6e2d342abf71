/** Nights without an end: missed, skipped, failed, paused. Each is told once, the same again not at all. */
import { expect, test } from "vitest";
import { defaultSettings } from "../../src/config.ts";
import type { Journal, TickState } from "../../src/journal/index.ts";
import type { Message } from "../../src/notify/message.ts";
import { Watch } from "../../src/notify/watch.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { freshJournal, newRun } from "../support/journal.ts";

const DAY = 86_400_000;
const webhook = { url: "https://hooks.example/", secret: { env: "HOOK" } };
const { sinks } = defaultSettings({
  notify: {
    sinks: [
      { name: "soc", webhook },
      { name: "quiet", webhook, tell: ["new"] },
    ],
  },
}).notify;

async function watched() {
  const journal = await freshJournal();
  await journal.addSchedule({
    name: "nightly",
    job: "permission-audit",
    tenant: "contoso",
    cron: "0 3 * * *",
    zone: "UTC",
    params: {},
    scope: {},
    missed: "skip",
    createdAtMs: 1,
  });
  let [woken, nowMs] = [0, DAY];
  const open = (): Watch =>
    new Watch({
      journal,
      sinks,
      telemetry: new Telemetry(),
      lookMs: 10,
      keepMs: 90 * DAY,
      now: () => nowMs,
      wake: () => (woken += 1),
    });
  return { journal, open, watch: open(), woken: () => woken, setDay: (day: number) => (nowMs = day * DAY) };
}

async function tick(journal: Journal, day: number, to: TickState, reason: string, over: object = {}) {
  const claim = {
    schedule: "nightly",
    dueMs: day * DAY,
    byHand: false,
    run: `run-${day}`,
    owner: "p",
    leaseMs: 1_000,
    ...over,
  };
  await journal.claimTick(claim);
  await journal.moveTick(claim, to, reason);
}

async function told(journal: Journal): Promise<readonly string[]> {
  const found = await journal.deliveries({}, 99);
  return found.map(
    ({ message, sink }) => `${sink} ${(message as Message).title}: ${(message as Message).trouble}`,
  );
}

test("a night that was missed, skipped or could not be started is told, once, by whoever looks", async () => {
  const { journal, watch, open, woken } = await watched();
  await watch.look();
  await tick(journal, 2, "missed", "no scheduler was there to start it");
  await watch.look();
  await watch.look();
  await open().look();
  expect(await told(journal)).toEqual([
    "soc nightly on contoso: the night was missed: no scheduler was there to start it",
  ]);
  expect(woken()).toBe(1);
  await tick(journal, 3, "failed", 'Cannot find tenant "contoso"');
  await tick(journal, 4, "skipped", "run r1 is not over yet");
  await watch.look();
  expect((await told(journal)).toSorted().slice(0, 2)).toEqual([
    'soc nightly on contoso: the night could not be started: Cannot find tenant "contoso"',
    "soc nightly on contoso: the night was missed: no scheduler was there to start it",
  ]);
  const skipped = await journal.deliveries({}, 9);
  expect(skipped.map(({ message }) => message)).toContainEqual(
    expect.objectContaining({
      type: "night.missed",
      state: "skipped",
      due: new Date(4 * DAY).toISOString(),
      run: null,
      next: ["exosweep schedule history nightly"],
    }),
  );
});

test("the same trouble night after night is told once, and again after it was gone", async () => {
  const { journal, watch } = await watched();
  await watch.look();
  for (const day of [2, 3, 4]) await tick(journal, day, "failed", "no such tenant");
  await watch.look();
  expect(await told(journal)).toHaveLength(1);
  await tick(journal, 5, "started", "");
  await tick(journal, 6, "failed", "no such tenant");
  await watch.look();
  expect(await told(journal)).toHaveLength(2);
});

test("of what was before anybody wanted to hear of it, and of what people set off, nobody hears", async () => {
  const { journal, watch } = await watched();
  await tick(journal, 1, "missed", "long ago");
  await watch.look();
  await tick(journal, 2, "failed", "by hand", { byHand: true });
  await watch.look();
  expect(await told(journal)).toEqual([]);
});

test("what may be gone from the journal already is not told anew", async () => {
  const { journal, watch, open, setDay } = await watched();
  await watch.look();
  await tick(journal, 2, "missed", "no scheduler was there to start it");
  await watch.look();
  const [delivery] = await journal.deliveries({}, 9);
  await journal.claimDelivery("soc", "p", 1_000);
  await journal.endTry(delivery?.id ?? "", "p", { atMs: 2 * DAY, tookMs: 1, said: "200" }, { state: "sent" });
  // A schedule of every quarter: the time is among its last ones still.
  setDay(93);
  expect(await journal.forgetDeliveries(3 * DAY, 9)).toBe(1);
  await open().look();
  expect(await told(journal)).toEqual([]);
});

test("a run of a schedule that is paused is told, once for each reason", async () => {
  const { journal, watch, open } = await watched();
  const run = newRun({ id: "run-2", tenant: "contoso" });
  await journal.createRun(run);
  await journal.moveRun(run.id, ["planned"], "enumerating");
  await tick(journal, 2, "started", "");
  await watch.look();
  expect(await told(journal)).toEqual([]);
  for (const reason of [
    "auth: the secret has expired",
    "auth: the secret has expired",
    "operator: by hand",
  ]) {
    await journal.moveRun(run.id, ["enumerating"], "paused", reason);
    await watch.look();
    await open().look();
    await journal.moveRun(run.id, ["paused"], "enumerating");
  }
  expect((await told(journal)).toSorted()).toEqual([
    "soc nightly on contoso: the run is paused: auth: the secret has expired",
    "soc nightly on contoso: the run is paused: operator: by hand",
  ]);
  expect((await journal.deliveries({}, 1))[0]).toMatchObject({ run: "run-2", schedule: "nightly" });
});
