/** Messages on their way, in a real journal and to real receivers: tried until they are taken, each sink by itself. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { createNetwork } from "../../src/network/index.ts";
import type { Delivery, Journal } from "../../src/journal/index.ts";
import { Deliverer, type DelivererParts } from "../../src/notify/deliverer.ts";
import { testMessage } from "../../src/notify/message.ts";
import type { Sink } from "../../src/notify/sinks/sink.ts";
import { webhookSink } from "../../src/notify/sinks/webhook.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { freshJournal } from "../support/journal.ts";
import { type Receiver, receiver, SECRET, verified } from "../support/receivers.ts";

function sinkTo(name: string, { url }: Receiver): Sink {
  const network = createNetwork({ connections: 2, environment: {} });
  onTestFinished(() => network.close());
  const parts = { network, environment: { HOOK: SECRET }, timeoutMs: 10_000 };
  return webhookSink(name, { url, secret: { env: "HOOK" } }, parts);
}

function delivererOf(journal: Journal, sinks: readonly Sink[], over: Partial<DelivererParts> = {}) {
  const deliverer = new Deliverer({
    journal,
    sinks,
    telemetry: new Telemetry(),
    owner: "p1",
    now: Date.now,
    timeoutMs: 5e3,
    lookMs: 20,
    retryDelayMs: 1,
    giveUpMs: 6e4,
    ...over,
  });
  onTestFinished(() => deliverer.stop());
  deliverer.start();
  return deliverer;
}

async function write(journal: Journal, ...ids: readonly string[]): Promise<void> {
  await journal.addDeliveries(
    ids.map((name) => {
      const [sink = ""] = name.split("/");
      const message = testMessage(Date.now());
      return { id: name, sink, schedule: "nightly", run: undefined, message, createdAtMs: Date.now() };
    }),
  );
}

async function ended(journal: Journal, state: Delivery["state"], count = 1): Promise<readonly Delivery[]> {
  let found: readonly Delivery[] = [];
  await expect
    .poll(async () => (found = await journal.deliveries({ state }, 999)).length, {
      timeout: 20_000,
      interval: 10,
    })
    .toBe(count);
  return found;
}

test("what waits is sent, signed, once, and its answer is on record", async () => {
  const [journal, there] = [await freshJournal(), await receiver(() => ({ status: 200 }))];
  await write(journal, "a/1", "a/2");
  delivererOf(journal, [sinkTo("a", there)]);
  const sent = await ended(journal, "sent", 2);
  expect(sent.map(({ tries }) => tries.map(({ said }) => said))).toEqual([["200"], ["200"]]);
  expect(there.received.map((each) => verified(each).id)).toEqual(["a/1", "a/2"]);
});

test("one that is turned away for now is tried again under the same id, and one that is refused is not", async () => {
  const journal = await freshJournal();
  const [busy, strict] = [
    await receiver((count) => ({ status: count < 4 ? 503 : 202 })),
    await receiver(() => ({ status: 400 })),
  ];
  await write(journal, "busy/1", "strict/1");
  const telemetry = new Telemetry();
  const warnings: string[] = [];
  telemetry.on("warning", ({ text }) => warnings.push(text));
  delivererOf(journal, [sinkTo("busy", busy), sinkTo("strict", strict)], { telemetry });
  const [sent] = await ended(journal, "sent");
  expect(sent?.tries.map(({ said }) => said)).toEqual(["503", "503", "503", "202"]);
  expect(new Set(busy.received.map((each) => verified(each).id))).toEqual(new Set(["busy/1"]));
  expect(new Set(busy.received.map(({ body }) => body)).size).toBe(1);
  const [failed] = await ended(journal, "failed");
  expect(failed).toMatchObject({ id: "strict/1", tries: [{ said: "400" }] });
  expect(strict.received).toHaveLength(1);
  expect(warnings).toEqual([
    'A message about schedule "nightly" was not taken by "strict", and is given up: 400',
  ]);
});

test("a Retry-After is kept", async () => {
  const [journal, there] = [
    await freshJournal(),
    await receiver((count) => (count === 1 ? { status: 429, headers: { "retry-after": "1" } } : {})),
  ];
  await write(journal, "a/1");
  delivererOf(journal, [sinkTo("a", there)]);
  const [sent] = await ended(journal, "sent");
  const [first, second] = sent?.tries ?? [];
  expect((second?.atMs ?? 0) - ((first?.atMs ?? 0) + (first?.tookMs ?? 0))).toBeGreaterThanOrEqual(1_000);
});

test("a message that is too old is given up, with all its tries on record", async () => {
  const [journal, there] = [await freshJournal(), await receiver(() => ({ status: 500 }))];
  await write(journal, "a/1");
  delivererOf(journal, [sinkTo("a", there)], { giveUpMs: 1_500, retryDelayMs: 50 });
  const [failed] = await ended(journal, "failed");
  expect(failed?.tries.length).toBeGreaterThan(1);
  expect(there.received).toHaveLength(failed?.tries.length ?? 0);
});

test("a sink that hangs, or that hears no signal, holds up no other", async () => {
  const journal = await freshJournal();
  const [quick, slow] = [await receiver(), await receiver(() => "hang")];
  const deaf: Sink = { name: "deaf", kind: "webhook", send: () => new Promise(() => undefined) };
  await write(journal, "slow/1", "slow/2", "deaf/1", ...Array.from({ length: 10 }, (_, n) => `quick/${n}`));
  const beganMs = performance.now();
  delivererOf(journal, [sinkTo("slow", slow), deaf, sinkTo("quick", quick)], { timeoutMs: 4_000 });
  await quick.got(10);
  expect(performance.now() - beganMs).toBeLessThan(4_000);
  expect(await journal.deliveries({ state: "sent", sink: "slow" }, 9)).toEqual([]);
  await expect
    .poll(async () => (await journal.deliveries({ sink: "deaf" }, 9))[0]?.tries[0]?.said, { timeout: 10_000 })
    .toBe("no answer within 4000 ms");
});

test("of several processes each message is sent by one", async () => {
  const [journal, there] = [await freshJournal(), await receiver()];
  await write(journal, ...Array.from({ length: 40 }, (_, n) => `a/${n}`));
  for (const owner of ["p1", "p2", "p3"]) delivererOf(journal, [sinkTo("a", there)], { owner });
  await ended(journal, "sent", 40);
  await sleep(100);
  expect(there.received.map((each) => verified(each).id).toSorted()).toEqual(
    Array.from({ length: 40 }, (_, n) => `a/${n}`).toSorted(),
  );
});

test("one that is stopped in the middle leaves the message to the next, at once", async () => {
  const [journal, there] = [await freshJournal(), await receiver((count) => (count === 1 ? "hang" : {}))];
  await write(journal, "a/1");
  const first = delivererOf(journal, [sinkTo("a", there)]);
  await there.got(1);
  await first.stop();
  expect(await journal.deliveries({}, 9)).toMatchObject([
    { state: "waiting", tries: [{ tookMs: expect.any(Number) }] },
  ]);
  delivererOf(journal, [sinkTo("a", there)], { owner: "p2" });
  await ended(journal, "sent");
  expect(there.received.map((each) => verified(each).id)).toEqual(["a/1", "a/1"]);
});

test("what another version wrote is not sent as it is", async () => {
  const [journal, there] = [await freshJournal(), await receiver()];
  const message = { schemaVersion: 9 };
  await journal.addDeliveries([
    { id: "a/1", sink: "a", schedule: "n", run: undefined, message, createdAtMs: Date.now() },
  ]);
  delivererOf(journal, [sinkTo("a", there)]);
  await ended(journal, "failed");
  expect(there.received).toEqual([]);
});

test("90 messages through receivers that fail three times of ten: all are taken, none is lost", async () => {
  const journal = await freshJournal();
  let dice = 7;
  const roll = (): number => (dice = (dice * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
  const there = await receiver(() => ({ status: roll() < 0.3 ? 503 : 200 }));
  const ids = Array.from({ length: 90 }, (_, n) => `${"abc"[n % 3]}/${n}`);
  await write(journal, ...ids);
  delivererOf(
    journal,
    ["a", "b", "c"].map((name) => sinkTo(name, there)),
  );
  const sent = await ended(journal, "sent", 90);
  expect(sent.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  const tries = sent.reduce((sum, delivery) => sum + delivery.tries.length, 0);
  expect(there.received).toHaveLength(tries);
  expect(sent.filter((delivery) => delivery.tries.filter(({ said }) => said === "200").length !== 1)).toEqual(
    [],
  );
});
