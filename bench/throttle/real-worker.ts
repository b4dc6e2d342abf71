/** One process of `bench/throttle-real.ts`: takes mailboxes from a counter in Redis and reads them through the product's own client and gate. */
import { setTimeout as sleep } from "node:timers/promises";
import { defaultSettings, parseSettings } from "../../src/config.ts";
import { createExchange } from "../../src/exo/index.ts";
import { createNetwork } from "../../src/network/index.ts";
import { connectRedis } from "../../src/queue/index.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { createTokenSource, tenantFrom } from "../../src/tenants/index.ts";
import { createRedisGate } from "../../src/throttle/index.ts";

export interface Order {
  /** Of the private Redis. */
  readonly dataDir: string;
  readonly yaml: string;
  readonly targets: readonly string[];
  readonly mailboxes: number;
  /** They begin together. */
  readonly processes: number;
}

export interface Told {
  /** Wall clock, ms, of each mailbox that was read. */
  readonly doneAtMs: readonly number[];
  readonly calls: number;
  readonly refused: number;
  readonly requests: number;
  readonly requestsRefused: number;
  readonly cpuMs: number;
}

/** Mailboxes in hand at once, at most; few enough that nobody takes all there are. */
const IN_HAND = 200;

const order = JSON.parse(process.argv[2] ?? "{}") as Order;
const telemetry = new Telemetry();
const settings = defaultSettings();
const redis = await connectRedis({ dataDir: order.dataDir }, telemetry);
const gate = createRedisGate({ redis, settings, telemetry });
const network = createNetwork({ connections: 256, environment: {} });
const [configured] = parseSettings(order.yaml, "bench").tenants;
if (configured === undefined) throw new Error("Cannot measure: no tenant was given");
const tenant = tenantFrom(configured, []);
const tokens = createTokenSource(tenant, { network, environment: process.env });
const exo = createExchange({ tenant, tokens, gate, network, settings, telemetry });

const doneAtMs: number[] = [];
let [calls, refused, requests, requestsRefused] = [0, 0, 0, 0];
telemetry.on("exo:answered", (event) => {
  calls += event.calls;
  refused += event.throttledItems;
  requests += 1;
  if (event.throttledItems > 0) requestsRefused += 1;
});

async function work(): Promise<void> {
  for (;;) {
    const place = (await redis.patient.incr("bench:next")) - 1;
    if (place >= order.mailboxes) return;
    const guid = order.targets[place % order.targets.length] ?? "";
    await exo.invoke(
      "Get-MailboxPermission",
      { Identity: guid },
      { anchor: { kind: "mailbox", guid }, lane: "sweep" },
    );
    doneAtMs.push(Date.now());
  }
}

await redis.patient.incr("bench:ready");
while (Number(await redis.patient.get("bench:ready")) < order.processes) await sleep(20);
const idle = process.cpuUsage();
const inHand = Math.max(20, Math.min(IN_HAND, Math.floor(order.mailboxes / (4 * order.processes))));
await Promise.all(Array.from({ length: inHand }, work));
const { user, system } = process.cpuUsage(idle);
const told: Told = { doneAtMs, calls, refused, requests, requestsRefused, cpuMs: (user + system) / 1_000 };
process.stdout.write(`${JSON.stringify(told)}\n`);
await exo.close();
await gate.close();
await network.close();
await redis.close();
