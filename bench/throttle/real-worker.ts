/** One process of `bench/throttle-real.ts`: reads mailboxes through the product's own client and gate until the time is over. */
import { setTimeout as sleep } from "node:timers/promises";
import { defaultSettings, parseSettings } from "../../src/config.ts";
import { createExchange, ExoError } from "../../src/exo/index.ts";
import { createNetwork } from "../../src/network/index.ts";
import { connectRedis } from "../../src/queue/index.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { createTokenSource, tenantFrom } from "../../src/tenants/index.ts";
import { createRedisGate } from "../../src/throttle/index.ts";
import { type Order, READY, START, type Told } from "./real-order.ts";

/** What was done is told this often: who is killed takes no more with it. */
const TELL_MS = 200;

const order = JSON.parse(process.argv[2] ?? "{}") as Order;
const telemetry = new Telemetry();
const settings = defaultSettings();
const redis = await connectRedis({ dataDir: order.dataDir }, telemetry);
const gate = createRedisGate({ redis, settings, telemetry });
const network = createNetwork({ connections: settings.requests.connections, environment: {} });
const [configured] = parseSettings(order.yaml, "bench").tenants;
if (configured === undefined) throw new Error("Cannot measure: no tenant was given");
const tenant = tenantFrom(configured, []);
const tokens = createTokenSource(tenant, { network, environment: process.env });
const exo = createExchange({ tenant, tokens, gate, network, settings, telemetry });

let doneAtMs: number[] = [];
let counts = { calls: 0, refused: 0, requests: 0, requestsRefused: 0 };
telemetry.on("exo:answered", ({ calls, throttledItems }) => {
  counts.calls += calls;
  counts.refused += throttledItems;
  counts.requests += 1;
  if (throttledItems > 0) counts.requestsRefused += 1;
});

let next = Math.floor(Math.random() * order.targets.length);

async function work(): Promise<never> {
  for (;;) {
    const guid = order.targets[next % order.targets.length] ?? "";
    next += 1;
    const call = exo.invoke(
      "Get-MailboxPermission",
      { Identity: guid },
      { anchor: { kind: "mailbox", guid }, lane: "mailbox" },
    );
    try {
      await call;
      doneAtMs.push(Date.now());
    } catch (error) {
      // Its task would be put off, and another one taken.
      if (!(error instanceof ExoError) || error.remedy !== "wait") throw error;
    }
  }
}

await redis.patient.incr(READY);
let startedAt: string | null = null;
while (startedAt === null) {
  startedAt = await redis.patient.get(START);
  await sleep(10);
}
let cpu = process.cpuUsage();

function tell(then: () => void = () => {}): void {
  const { user, system } = process.cpuUsage(cpu);
  cpu = process.cpuUsage();
  const told: Told = { doneAtMs, ...counts, cpuMs: (user + system) / 1_000 };
  doneAtMs = [];
  counts = { calls: 0, refused: 0, requests: 0, requestsRefused: 0 };
  process.stdout.write(`${JSON.stringify(told)}\n`, then);
}

setInterval(tell, TELL_MS);
// What is on the wire then belongs to no span that is measured.
setTimeout(() => tell(() => process.exit()), Number(startedAt) + order.spanMs - Date.now());
await Promise.all(Array.from({ length: settings.tasks.concurrency }, work));
