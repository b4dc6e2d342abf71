/**
 * Adds up, per run, what was sent and refused, and writes it to the journal four times a second. It is a listener like any other: a process
 * that is killed loses at most its last quarter of a second of counts, never an outcome.
 */
import type { CallCounts, Journal } from "../journal/index.ts";
import type { Telemetry } from "../telemetry/index.ts";

const FLUSH_MS = 250;
/** After this long, what a living process had counted is in the journal. */
export const COUNTED_MS = 2 * FLUSH_MS;
/** Throttle events kept per run and process; the counters count them all. */
const EVENTS_KEPT = 200;

type Counts = { -readonly [Name in keyof CallCounts]: number };

export class CallTally {
  readonly #journal: Journal;
  readonly #telemetry: Telemetry;
  readonly #runsOf: (tenantId: string) => readonly string[];
  readonly #counts = new Map<string, Counts>();
  readonly #events = new Map<string, number>();
  readonly #writes = new Set<Promise<void>>();
  /** Runs whose counts are on their way to the journal. */
  readonly #writing = new Set<string>();
  readonly #off: (() => void)[] = [];
  readonly #timer: NodeJS.Timeout;

  /** @param runsOf working runs of a tenant, for events of its gate */
  constructor(journal: Journal, telemetry: Telemetry, runsOf: (tenantId: string) => readonly string[]) {
    this.#journal = journal;
    this.#telemetry = telemetry;
    this.#runsOf = runsOf;
    this.#off.push(
      telemetry.on("exo:answered", (event) => {
        for (const [place, share] of event.runs.entries()) {
          const counts = this.#of(share.run);
          counts.items += share.calls;
          counts.throttledItems += share.throttledItems;
          // A batch shared by runs is one request: it is counted for the first of them.
          if (place > 0) continue;
          counts.batches += 1;
          if (event.throttledBatch) counts.throttledBatches += 1;
          if (event.page) counts.pages += 1;
          if (event.waiting > 0 && !event.page) {
            counts.busyBatches += 1;
            counts.busyItems += event.calls;
          }
        }
      }),
      telemetry.on("exo:retried", (event) => {
        if (event.run !== undefined) this.#of(event.run).retries += 1;
      }),
      telemetry.on("gate:throttled", (event) => this.#throttled(event.tenant, event)),
    );
    this.#timer = setInterval(() => this.#write(), FLUSH_MS);
  }

  /** Writes what is left, once. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    for (const off of this.#off) off();
    await Promise.all(this.#writes);
    this.#write();
    await Promise.all(this.#writes);
  }

  #of(run: string): Counts {
    const known = this.#counts.get(run);
    if (known !== undefined) return known;
    const counts: Counts = {
      batches: 0,
      items: 0,
      throttledItems: 0,
      throttledBatches: 0,
      retries: 0,
      busyBatches: 0,
      busyItems: 0,
      pages: 0,
    };
    this.#counts.set(run, counts);
    return counts;
  }

  #throttled(
    tenantId: string,
    event: { readonly scope: string; readonly retryAfterMs: number | undefined; readonly reaction: string },
  ): void {
    for (const run of this.#runsOf(tenantId)) {
      const kept = (this.#events.get(run) ?? 0) + 1;
      this.#events.set(run, kept);
      if (kept > EVENTS_KEPT) continue;
      const data = { scope: event.scope, retryAfterMs: event.retryAfterMs ?? null, reaction: event.reaction };
      this.#track(this.#journal.addEvent(run, { atMs: Date.now(), kind: "throttled", data }));
    }
  }

  #write(): void {
    for (const [run, counts] of this.#counts) {
      // One write a run at a time: what comes meanwhile, or could not be written, goes with the next.
      if (this.#writing.has(run)) continue;
      this.#counts.delete(run);
      this.#writing.add(run);
      const adding = this.#journal.addCalls(run, counts).catch((error: unknown) => {
        const since = this.#of(run);
        for (const [name, by] of Object.entries(counts)) since[name as keyof Counts] += by;
        throw error;
      });
      this.#track(adding.finally(() => this.#writing.delete(run)));
    }
  }

  #track(write: Promise<void>): void {
    const done = write
      .catch(() =>
        this.#telemetry.emit("warning", {
          text: "Counts of calls could not be written to the journal: trying again",
        }),
      )
      .finally(() => this.#writes.delete(done));
    this.#writes.add(done);
  }
}
