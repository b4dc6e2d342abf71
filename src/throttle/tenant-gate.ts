/** One tenant's gate as one process sees it: asks Redis, remembers what it heard, and lives by that while Redis is away. */
import type { Settings } from "../config.ts";
import type { Telemetry } from "../telemetry/index.ts";
import type { Ask, BatchResult, GateKey, GateStatus, Permit } from "./gate.ts";
import type { Answer, Change, GateStore, Lease, Verdict } from "./gate-store.ts";
import { Lanes, type Turn } from "./lanes.ts";
import { LocalShare } from "./local-share.ts";
import { reactionTo } from "./reaction.ts";
import { sensible } from "./sense.ts";

export interface TenantGateParts {
  readonly key: GateKey;
  readonly store: GateStore;
  readonly settings: Pick<Settings, "gate" | "batch">;
  readonly telemetry: Telemetry;
  readonly now: () => number;
  /** Until when this process knows the gate to be closed, by `now`. */
  readonly closedUntilMs: number;
}

/** Asking again for what others hold; a message wakes us sooner. */
const LONGEST_POLL_MS = 250;
/** While Redis is away it is tried this often. */
const PROBE_MS = 500;

export class TenantGate {
  readonly #key: GateKey;
  readonly #store: GateStore;
  readonly #settings: Pick<Settings, "gate" | "batch">;
  readonly #telemetry: Telemetry;
  readonly #now: () => number;
  readonly #lanes: Lanes<Lease>;
  /** Leases on the wire, and ended ones that Redis must still be told of. */
  readonly #open = new Map<string, Lease>();
  readonly #owed = new Set<string>();
  #window: number;
  #processes: number;
  #calls: number;
  #closedUntilMs: number;
  /** There while Redis is away. */
  #local: LocalShare | undefined;
  #upkeep: NodeJS.Timeout | undefined;
  #closed = false;

  constructor({ key, store, settings, telemetry, now, closedUntilMs }: TenantGateParts) {
    this.#key = key;
    this.#store = store;
    this.#settings = settings;
    this.#telemetry = telemetry;
    this.#now = now;
    this.#window = settings.gate.startWindow;
    // Never heard of any others, there may be as many as places.
    this.#processes = settings.gate.startWindow;
    this.#calls = Math.min(settings.batch.startCalls, settings.batch.maxCalls);
    this.#closedUntilMs = closedUntilMs;
    this.#lanes = new Lanes<Lease>(
      (wanted, waiting) => this.#ask(wanted, waiting),
      (lease) => void this.#end(lease, "none", undefined),
    );
  }

  async enter(ask: Ask): Promise<Permit> {
    const lease = await this.#lanes.join(ask);
    let ended = false;
    const end = async (verdict: Verdict, result?: BatchResult): Promise<void> => {
      if (ended) return;
      ended = true;
      await this.#end(lease, verdict, result);
    };
    return {
      maxCalls: lease.calls,
      report: (told) => {
        const result = sensible(told, this.#settings.gate.maxRetryAfterMs);
        return end(verdictOf(result), result);
      },
      cancel: () => end("none"),
      [Symbol.asyncDispose]: () => end("none"),
    };
  }

  /** Another process made room. */
  wake(): void {
    this.#lanes.wake();
  }

  /** Somebody was told that nobody may send for `ms`. */
  closedFor(ms: number): void {
    if (ms > 0) this.#closedUntilMs = Math.max(this.#closedUntilMs, this.#now() + ms);
  }

  async status(): Promise<GateStatus> {
    const ownMs = Math.max(0, this.#closedUntilMs - this.#now());
    if (!this.#local) {
      try {
        const stored = await this.#store.status();
        return { ...stored, closedForMs: Math.max(stored.closedForMs, ownMs), degraded: false };
      } catch {
        this.#lost();
      }
    }
    const local = this.#local ?? this.#localShare();
    return {
      closedForMs: Math.max(0, local.closedUntilMs - this.#now(), ownMs),
      window: local.window,
      inFlight: this.#open.size,
      maxCalls: local.calls,
      rate: undefined,
      degraded: true,
    };
  }

  async close(reason: Error): Promise<void> {
    this.#closed = true;
    await this.#lanes.close(reason);
    clearTimeout(this.#upkeep);
    const leases = [...this.#open.keys(), ...this.#owed];
    // With Redis away they run out by themselves.
    if (leases.length > 0 && !this.#local) await this.#store.renew([], leases, 0).catch(() => {});
  }

  async #ask(wanted: number, waiting: number): Promise<Turn<Lease>> {
    if (!this.#local) {
      try {
        const answer = await this.#store.enter(wanted, waiting, this.#knownClosedMs());
        this.#heard(answer);
        for (const lease of answer.leases) this.#open.set(lease.id, lease);
        if (answer.leases.length > 0) this.#keepUp();
        const waitMs = answer.closedForMs > 0 ? answer.waitMs : Math.min(answer.waitMs, LONGEST_POLL_MS);
        return { grants: answer.leases, waitMs };
      } catch {
        this.#lost();
      }
    }
    return this.#askLocally(this.#local ?? this.#localShare());
  }

  #askLocally(local: LocalShare): Turn<Lease> {
    const answer = local.enter(this.#now(), this.#open.size);
    if ("waitMs" in answer) return { grants: [], waitMs: answer.waitMs };
    const lease = this.#store.ownLease(answer.calls, answer.scout);
    this.#open.set(lease.id, lease);
    return { grants: [lease], waitMs: 0 };
  }

  async #end(lease: Lease, verdict: Verdict, result: BatchResult | undefined): Promise<void> {
    this.#open.delete(lease.id);
    // Known here at once: this process must not send again even if Redis never hears of it.
    if (verdict === "tenant") this.closedFor(result?.refusal?.retryAfterMs ?? 0);
    if (this.#closed) return;
    const change = await this.#tellRedis(lease, verdict, result);
    if (!change) {
      this.#owed.add(lease.id);
      this.#local?.learn(lease.scout, verdict, result, this.#now());
      this.#closedUntilMs = Math.max(this.#closedUntilMs, this.#local?.closedUntilMs ?? 0);
    }
    if (result?.refusal) {
      this.#telemetry.emit("gate:throttled", {
        tenant: this.#key.tenantId,
        scope: result.refusal.scope,
        retryAfterMs: result.refusal.retryAfterMs,
        reaction: reactionTo(result, change),
      });
    }
    this.#lanes.wake();
  }

  /** @returns undefined when Redis cannot be told */
  async #tellRedis(
    lease: Lease,
    verdict: Verdict,
    result: BatchResult | undefined,
  ): Promise<Change | undefined> {
    if (this.#local) return undefined;
    try {
      const change = await this.#store.report(lease, verdict, result);
      this.closedFor(change.closedForMs);
      return change;
    } catch {
      this.#lost();
      return undefined;
    }
  }

  #heard(answer: Answer): void {
    this.#window = answer.window;
    this.#processes = answer.processes;
    this.#calls = Math.min(this.#settings.batch.startCalls, answer.maxCalls);
    this.closedFor(answer.closedForMs);
  }

  #lost(): void {
    if (this.#local || this.#closed) return;
    this.#local = this.#localShare();
    this.#telemetry.emit("gate:degraded", { tenant: this.#key.tenantId, degraded: true });
    clearTimeout(this.#upkeep);
    this.#upkeep = undefined;
    this.#keepUp();
  }

  #localShare(): LocalShare {
    return new LocalShare(
      {
        window: this.#window,
        processes: this.#processes,
        calls: this.#calls,
        closedUntilMs: this.#closedUntilMs,
      },
      this.#now(),
    );
  }

  #knownClosedMs(): number {
    return Math.max(0, this.#closedUntilMs - this.#now());
  }

  /** Renews what is on the wire; while Redis is away, asks whether it is back. */
  #keepUp(): void {
    if (this.#upkeep || this.#closed) return;
    this.#upkeep = setTimeout(
      () => void this.#upkeepNow(),
      this.#local ? PROBE_MS : this.#settings.gate.leaseMs / 3,
    );
    // No reason of its own to stay alive: leases run out by themselves.
    this.#upkeep.unref();
  }

  async #upkeepNow(): Promise<void> {
    const owed = [...this.#owed];
    try {
      await this.#store.renew([...this.#open.keys()], owed, this.#knownClosedMs());
      for (const id of owed) this.#owed.delete(id);
      this.#back();
    } catch {
      this.#lost();
    }
    this.#upkeep = undefined;
    if (this.#local || this.#open.size > 0 || this.#owed.size > 0) this.#keepUp();
  }

  #back(): void {
    if (!this.#local || this.#closed) return;
    this.#local = undefined;
    this.#telemetry.emit("gate:degraded", { tenant: this.#key.tenantId, degraded: false });
    this.#lanes.wake();
  }
}

function verdictOf(result: BatchResult): Verdict {
  if (result.refusal) return result.refusal.scope;
  return result.fault === true || result.tooLarge === true ? "fault" : "ok";
}
