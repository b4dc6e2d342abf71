/** Messages have an end: what nobody sends any more is given up and said so, and what ended long ago is removed. */
import { expect, onTestFinished, test } from "vitest";
import type { Journal } from "../../src/journal/index.ts";
import { Keeper, type KeeperParts } from "../../src/notify/keeper.ts";
import { testMessage } from "../../src/notify/message.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { freshJournal } from "../support/journal.ts";

const DAY = 86_400_000;
const NOW = 100 * DAY;

async function keeperOf(over: Partial<KeeperParts> = {}) {
  const journal = await freshJournal();
  const telemetry = new Telemetry();
  const warnings: string[] = [];
  const ended: string[] = [];
  telemetry.on("warning", ({ text }) => warnings.push(text));
  telemetry.on("delivery:ended", ({ delivery, state, said }) => ended.push(`${delivery} ${state}: ${said}`));
  const parts = { journal, sinks: ["soc"], telemetry, giveUpMs: DAY, keepMs: 90 * DAY, now: () => NOW };
  const keeper = new Keeper({ ...parts, ...over });
  onTestFinished(() => keeper.stop());
  return { journal, keeper, warnings, ended };
}

async function write(journal: Journal, daysAgo: number, sink: string, count = 1): Promise<void> {
  const createdAtMs = NOW - daysAgo * DAY;
  const message = testMessage(createdAtMs);
  await journal.addDeliveries(
    Array.from({ length: count }, (_, n) => ({
      id: `${sink}/${daysAgo}/${n}`,
      sink,
      schedule: "nightly",
      run: undefined,
      message,
      createdAtMs,
    })),
  );
}

const REASON = "the sink is not in the settings any more";

test("messages of a sink that was removed are given up when nobody has sent them for as long as messages are tried", async () => {
  const { journal, keeper, warnings, ended } = await keeperOf();
  await write(journal, 2, "old");
  await write(journal, 0.5, "old");
  await write(journal, 2, "soc");
  await keeper.keep();
  await keeper.keep();
  expect(await journal.deliveries({ state: "failed" }, 9)).toMatchObject([
    { id: "old/2/0", tries: [], endedAtMs: NOW, reason: REASON },
  ]);
  expect(await journal.deliveries({ state: "waiting" }, 9)).toHaveLength(2);
  expect(warnings).toEqual([`A message to "old" is given up: ${REASON}`]);
  expect(ended).toEqual([`old/2/0 failed: ${REASON}`]);
});

test("of however many, none is left: what ended is removed after its time, and only that", async () => {
  const { journal, keeper, warnings } = await keeperOf();
  await write(journal, 95, "old", 1_100);
  await keeper.keep();
  expect(warnings.map((text) => text.split(" ")[0])).toEqual(["500", "500", "100"]);
  const later = new Keeper({
    journal,
    sinks: ["soc"],
    telemetry: new Telemetry(),
    giveUpMs: DAY,
    keepMs: 90 * DAY,
    now: () => NOW + 91 * DAY,
  });
  await write(journal, 0, "soc");
  await later.keep();
  expect(await journal.deliveries({}, 9)).toMatchObject([{ id: "soc/0/0", state: "waiting" }]);
});

test("it begins when it is started, and a journal in trouble is told of, not thrown", async () => {
  const asked = Promise.withResolvers<void>();
  const journal: KeeperParts["journal"] = {
    giveUpDeliveries() {
      asked.resolve();
      return Promise.reject(new RangeError("anna@x"));
    },
    forgetDeliveries: () => Promise.resolve(0),
  };
  const { keeper, warnings } = await keeperOf({ journal });
  keeper.start();
  await asked.promise;
  await keeper.stop();
  expect(warnings).toEqual(["Old messages could not be put away: RangeError"]);
});
