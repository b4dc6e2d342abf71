/** Everything about messages, put together: what follows a night, the watch over nights without an end, the loops that send, and the words of the command line. */
import type { Settings } from "../config.ts";
import type { Job } from "../job/index.ts";
import type { Delivery, DeliveryFilter, Journal } from "../journal/index.ts";
import { createNetwork, type Network } from "../network/index.ts";
import type { AfterNight } from "../schedule/index.ts";
import type { Telemetry } from "../telemetry/index.ts";
import type { Tenant } from "../tenants/index.ts";
import { createAfterNight } from "./after-night.ts";
import { Deliverer } from "./deliverer.ts";
import { Keeper } from "./keeper.ts";
import { testMessage } from "./message.ts";
import { allowedAddress } from "./sinks/addresses.ts";
import { makeSink, type SinkParts } from "./sinks/make.ts";
import type { Environment } from "./sinks/secret.ts";
import type { Answer, Sink } from "./sinks/sink.ts";
import { trySink } from "./try.ts";
import { viewsIn } from "./views.ts";
import { Watch } from "./watch.ts";

export interface NotifierParts {
  readonly settings: Settings;
  readonly journal: Journal;
  readonly catalogue: readonly Job[];
  readonly tenants: readonly Tenant[];
  readonly environment: Environment;
  readonly telemetry: Telemetry;
  readonly owner: string;
  readonly now: () => number;
  /** PEM, to trust besides the usual ones. */
  readonly certificateAuthorities: readonly string[];
}

/** What came back when a test message was sent. */
export interface TestAnswer extends Pick<Answer, "is" | "said"> {
  readonly sink: string;
  readonly kind: Sink["kind"];
  readonly id: string;
  readonly tookMs: number;
}

export interface Notifier {
  readonly sinks: readonly Pick<Sink, "name" | "kind">[];
  /** What follows a scheduled run, sinks or none. */
  readonly afterNight: AfterNight;
  /** Until it is stopped: sends what waits, watches over nights, and puts old messages away; without sinks, only that. */
  start(): void;
  /** Sends a harmless message to one sink now, without a trace in the journal. @returns undefined when there is none of this name */
  test(sink: string, signal: AbortSignal): Promise<TestAnswer | undefined>;
  /** What was written to whom, and what became of it: newest first. */
  log(filter: DeliveryFilter, limit: number): Promise<readonly Delivery[]>;
  /** Has a message that failed tried again by whoever sends. @returns false when there is none that failed under this id */
  retry(id: string): Promise<boolean>;
  /** Stops what `start` began, and closes connections. May be called twice. */
  stop(): Promise<void>;
}

/** Connections to one origin: each sink has one message on its way. */
const CONNECTIONS = 8;

/** @throws {Error} when the file of certificate authorities cannot be used */
export function createNotifier(parts: NotifierParts): Notifier {
  const { settings, journal, catalogue, telemetry, owner, now, environment } = parts;
  const { notify, insecureHosts } = settings;
  const networks: Network[] = [];
  const sinks = notify.sinks.length === 0 ? [] : makeSinks();
  const deliverer = new Deliverer({ ...notify, journal, sinks, telemetry, owner, now });
  const wake = (): void => deliverer.wake();
  const watch = new Watch({ ...notify, journal, telemetry, now, wake });
  const keeper = new Keeper({ ...notify, journal, sinks: sinks.map(({ name }) => name), telemetry, now });
  let stopping: Promise<void> | undefined;

  function makeSinks(): readonly Sink[] {
    const open = (allowed?: ReturnType<typeof allowedAddress>): Network => {
      const network = createNetwork({
        connections: CONNECTIONS,
        certificateAuthorities: settings.certificateAuthorities,
        environment,
        ...(allowed === undefined ? {} : { allowedAddress: allowed }),
      });
      networks.push(network);
      return network;
    };
    const of: SinkParts = {
      ...parts,
      outside: open(allowedAddress([...notify.privateHosts, ...insecureHosts])),
      network: open(),
      insecureHosts,
      timeoutMs: notify.timeoutMs,
    };
    return notify.sinks.map((sink) => makeSink(sink, of));
  }

  async function stop(): Promise<void> {
    await Promise.all([deliverer.stop(), watch.stop(), keeper.stop()]);
    await Promise.all(networks.map((network) => network.close()));
  }

  return {
    sinks,
    afterNight: createAfterNight({
      journal,
      catalogue,
      telemetry,
      now,
      wake,
      sinks: notify.sinks,
      rulesFile: settings.rules,
      viewsOf: viewsIn(journal, catalogue),
    }),
    start() {
      keeper.start();
      if (sinks.length === 0) return;
      deliverer.start();
      watch.start();
    },
    async test(name, signal) {
      const sink = sinks.find((each) => each.name.toLowerCase() === name.toLowerCase());
      if (sink === undefined) return undefined;
      const id = `msg_test_${crypto.randomUUID()}`;
      const [atMs, beganMs] = [now(), performance.now()];
      const outgoing = { id, message: testMessage(atMs), atMs };
      const { is, said } = await trySink(sink, outgoing, notify.timeoutMs, signal);
      const tookMs = Math.round(performance.now() - beganMs);
      return { sink: sink.name, kind: sink.kind, id, is, said, tookMs };
    },
    retry: (id) => journal.retryDelivery(id, now()),
    log: (filter, limit) => journal.deliveries(filter, limit),
    stop: () => (stopping ??= stop()),
  };
}
