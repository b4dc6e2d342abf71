/** One tenant's gate as one process sees it: asks Redis, remembers what it heard, and lives by that while Redis is away. */
import type { Settings } from "../config.ts";
import type { Telemetry } from "../telemetry/index.ts";
import type { Ask, BatchResult, GateKey, GateStatus, Permit } from "./gate.ts";
import type { Answer, Change, GateStore, Lease, Verdict } from "./gate-store.ts";
import { Lanes, type Turn } from "./lanes.ts";
import { LocalShare } from "./local-share.ts";
import { reactionTo } from "./reaction.ts";

type Grant =
  | { readonly from: "redis"; readonly lease: Lease }
  | { readonly from: "local"; readonly calls: number; readonly scout: boolean };

/** Asking again for what others hold: a message wakes us sooner. */
const LONGEST_POLL_MS = 250;
/** While Redis is away it is asked this often. */
const RETRY_REDIS_MS = 1_000;

export class TenantGate {
  readonly #key: GateKey;
  readonly #store: GateStore;
  readonly #settings: Pick<Settings, "gate" | "batch">;
  readonly #telemetry: Telemetry;
  readonly #now: () => number;
  readonly #lanes: Lanes<Grant>;
  /** Leases of Redis that are on the wire, and those to give back when it is there again. */
  readonly #leases = new Map<string, Lease>();
  readonly #owed = new Set<string>();
  #known: { window: number; processes: number; maxCalls: number; closedUntilMs: number } | undefined;
  #local: LocalShare | undefined;
  #tryRedisAtMs = 0;
  #renewal: NodeJS.Timeout | undefined;

  constructor(
    key: GateKey,
    store: GateStore,
    settings: Pick<Settings, "gate" | "batch">,
    telemetry: Telemetry,
    now: () => number,
  ) {
    this.#key = key;
    this.#store = store;
    this.#settings = settings;
    this.#telemetry = telemetry;
    this.#now = now;
    this.#lanes = new Lanes<Grant>(
      (wanted, waiting) => this.#ask(wanted, waiting),
      (grant) => void this.#end(grant, "none", undefined),
    );
  }

  async enter(ask: Ask): Promise<Permit> {
    return this.#permit(await this.#lanes.join(ask));
  }

  /** Another process made room. */
  wake(): void {
    this.#lanes.wake();
  }

  async status(): Promise<GateStatus> {
    try {
      const stored = await this.#store.status();
      const knownMs = Math.max(0, (this.#known?.closedUntilMs ?? 0) - this.#now());
      return {
        ...stored,
        closedForMs: Math.max(stored.closedForMs, knownMs),
        degraded: this.#local !== undefined,
      };
    } catch {
      // Redis is away: what this process goes by is all there is to tell.
      const local = this.#local ?? this.#localShare();
      return {
        closedForMs: Math.max(0, local.closedUntilMs - this.#now()),
        window: local.window,
        inFlight: local.inFlight + this.#leases.size,
        maxCalls: local.maxCalls,
        rate: undefined,
        degraded: true,
      };
    }
  }

  async close(reason: Error): Promise<void> {
    await this.#lanes.close(reason);
    clearTimeout(this.#renewal);
    const open = [...this.#leases.keys(), ...this.#owed];
    this.#leases.clear();
    if (open.length === 0) return;
    // With Redis away the leases run out by themselves.
    await this.#store.renew([], open).catch(() => {});
  }

  #permit(grant: Grant): Permit {
    let ended = false;
    const end = async (verdict: Verdict, result?: BatchResult): Promise<void> => {
      if (ended) return;
      ended = true;
      await this.#end(grant, verdict, result);
    };
    return {
      maxCalls: grant.from === "redis" ? grant.lease.calls : grant.calls,
      report: (result) => end(verdictOf(result), result),
      cancel: () => end("none"),
      [Symbol.asyncDispose]: () => end("none"),
    };
  }

  async #ask(wanted: number, waiting: number): Promise<Turn<Grant>> {
    const nowMs = this.#now();
    if (!this.#local || nowMs >= this.#tryRedisAtMs) {
      try {
        const knownClosedMs = Math.max(0, (this.#known?.closedUntilMs ?? 0) - nowMs);
        const answer = await this.#store.enter(wanted, waiting, knownClosedMs);
        this.#heard(answer);
        for (const lease of answer.leases) this.#leases.set(lease.id, lease);
        this.#renewSoon();
        return {
          grants: answer.leases.map((lease) => ({ from: "redis", lease })),
          waitMs: answer.closedForMs > 0 ? answer.waitMs : Math.min(answer.waitMs, LONGEST_POLL_MS),
        };
      } catch {
        this.#lost();
      }
    }
    return this.#askLocally(this.#local ?? this.#localShare());
  }

  #askLocally(local: LocalShare): Turn<Grant> {
    const answer = local.enter(this.#now(), this.#leases.size);
    return "waitMs" in answer
      ? { grants: [], waitMs: Math.min(answer.waitMs, RETRY_REDIS_MS) }
      : { grants: [{ from: "local", ...answer }], waitMs: 0 };
  }

  async #end(grant: Grant, verdict: Verdict, result: BatchResult | undefined): Promise<void> {
    if (grant.from === "local") {
      this.#local?.report(grant.scout, verdict, result, this.#now());
      this.#remember(verdict, result);
    } else {
      await this.#endLease(grant.lease, verdict, result);
    }
    this.#lanes.wake();
  }

  async #endLease(lease: Lease, verdict: Verdict, result: BatchResult | undefined): Promise<void> {
    this.#leases.delete(lease.id);
    // Known here at once: this process must not send, even when Redis never hears of it.
    this.#remember(verdict, result);
    try {
      const change = await this.#store.report(lease, verdict, result);
      this.#closedFor(change.closedForMs);
      this.#tell(result, change);
    } catch {
      this.#owed.add(lease.id);
      this.#lost();
      this.#local?.learn(lease.scout, verdict, result, this.#now());
      this.#tell(result, undefined);
    }
  }

  #tell(result: BatchResult | undefined, change: Change | undefined): void {
    if (!result?.refusal) return;
    this.#telemetry.emit("gate:throttled", {
      tenant: this.#key.tenantId,
      scope: result.refusal.scope,
      retryAfterMs: result.refusal.retryAfterMs,
      reaction: reactionTo(result, change),
    });
  }

  /** A tenant-level `Retry-After`, on this process's own clock. */
  #remember(verdict: Verdict, result: BatchResult | undefined): void {
    if (verdict !== "tenant") return;
    this.#closedFor(Math.min(result?.refusal?.retryAfterMs ?? 0, this.#settings.gate.maxRetryAfterMs));
  }

  #closedFor(ms: number): void {
    if (ms <= 0) return;
    this.#known ??= { window: 0, processes: 1, maxCalls: this.#settings.batch.startCalls, closedUntilMs: 0 };
    this.#known.closedUntilMs = Math.max(this.#known.closedUntilMs, this.#now() + ms);
  }

  #heard(answer: Answer): void {
    this.#known = {
      window: answer.window,
      processes: answer.processes,
      maxCalls: answer.maxCalls,
      closedUntilMs: Math.max(this.#known?.closedUntilMs ?? 0, this.#now() + answer.closedForMs),
    };
    if (!this.#local) return;
    this.#local = undefined;
    this.#telemetry.emit("gate:degraded", { tenant: this.#key.tenantId, degraded: false });
  }

  #lost(): void {
    this.#tryRedisAtMs = this.#now() + RETRY_REDIS_MS;
    if (this.#local) return;
    this.#local = this.#localShare();
    this.#telemetry.emit("gate:degraded", { tenant: this.#key.tenantId, degraded: true });
  }

  #localShare(): LocalShare {
    const { batch, gate } = this.#settings;
    // A process that never heard of the others must think there are as many as places.
    const share = this.#known && this.#known.window > 0 ? this.#known.window / this.#known.processes : 1;
    const calls = Math.min(batch.startCalls, batch.maxCalls, this.#known?.maxCalls ?? batch.startCalls);
    const closedUntilMs =
      this.#known && this.#known.closedUntilMs > this.#now() ? this.#known.closedUntilMs : 0;
    return new LocalShare(share, calls, closedUntilMs, gate.maxRetryAfterMs);
  }

  #renewSoon(): void {
    if (this.#renewal || (this.#leases.size === 0 && this.#owed.size === 0)) return;
    this.#renewal = setTimeout(() => void this.#renew(), this.#settings.gate.leaseMs / 3);
    // A lease alone is no reason to stay alive: it runs out.
    this.#renewal.unref();
  }

  async #renew(): Promise<void> {
    const owed = [...this.#owed];
    try {
      await this.#store.renew([...this.#leases.keys()], owed);
      for (const id of owed) this.#owed.delete(id);
    } catch {
      // Tried again at the next turn; a lease lasts three of them.
    }
    this.#renewal = undefined;
    this.#renewSoon();
  }
}

function verdictOf(result: BatchResult): Verdict {
  if (result.refusal) return result.refusal.scope;
  return result.fault === true || result.tooLarge === true ? "fault" : "ok";
}
