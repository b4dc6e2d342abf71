/** One tenant's gate as one process sees it: asks the store, remembers what it heard, and lives by that while the store is away. */
import type { Settings } from "../config.ts";
import type { Telemetry } from "../telemetry/index.ts";
import type { Ask, BatchResult, GateKey, GateStatus, Permit } from "./gate.ts";
import { Lanes, type Turn } from "./lanes.ts";
import type { LawInProcess } from "./law-in-process.ts";
import type { Alone, Answer, Because, Go, LawAsk, LawSettings } from "./law/index.ts";
import type { Asked, LawStore } from "./law-store.ts";
import { type Orders, ordersText, shareAt } from "./orders.ts";
import { ownShareOf, type Seen } from "./own-share.ts";
import { reactionText, scopeOf } from "./reaction.ts";
import { sensible } from "./sense.ts";
import { type OrdersRecord, StandingOrders } from "./standing-orders.ts";

export interface TenantGateParts {
  readonly key: GateKey;
  readonly store: LawStore;
  /** Names the tenant and app there. */
  readonly tag: string;
  readonly record?: OrdersRecord | undefined;
  readonly settings: Pick<Settings, "gate" | "batch">;
  readonly telemetry: Telemetry;
  /** This process, by a name no other has. */
  readonly self: string;
  /** Milliseconds that never run backwards. */
  readonly now: () => number;
  /** Until when this process knows the gate to be closed, by `now`. */
  readonly closedUntilMs: number;
}

interface Lease extends Go {
  readonly id: string;
}

/** Longest sleep before asking again: a nudge may be lost, and the operator may have changed their mind. */
const LONGEST_SLEEP_MS = 1_000;
/** Without a nudge; asked again no sooner than that. */
const SHORTEST_SLEEP_MS = 2;
/** While the store is away it is tried this often. */
const KNOCK_MS = 500;
/** Nobody's report ends these waits. */
const TIMED: ReadonlySet<Because> = new Set<Because>([
  "retry-after",
  "pace",
  "headers",
  "budget",
  "destructive",
]);
/** What a closed gate may differ by on two ways; only more is news. */
const SLACK_MS = 100;

export class TenantGate {
  readonly #parts: TenantGateParts;
  readonly #lanes: Lanes<Lease>;
  /** Leases on the wire, and ended ones that the store must still be told of. */
  readonly #open = new Set<string>();
  readonly #owed = new Set<string>();
  readonly #standing: StandingOrders;
  #leases = 0;
  #closedUntilMs: number;
  #seen: Seen | undefined;
  /** There while the store is away. */
  #local: LawInProcess | undefined;
  #upkeep: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(parts: TenantGateParts) {
    this.#parts = parts;
    this.#closedUntilMs = parts.closedUntilMs;
    const { record, tag } = parts;
    this.#standing = new StandingOrders(parts.settings, parts.now, record && (() => record.read(tag)));
    this.#lanes = new Lanes<Lease>(
      (asks) => this.#ask(asks),
      (lease) => void this.#giveBack(lease),
    );
  }

  async enter(ask: Ask): Promise<Permit> {
    const lease = await this.#lanes.join(ask);
    let ended = false;
    const cancel = async (): Promise<void> => {
      if (ended) return;
      ended = true;
      await this.#giveBack(lease);
    };
    return {
      maxCalls: lease.calls,
      scout: lease.scout,
      report: async (told) => {
        const result = sensible(told, this.#parts.settings.gate.maxRetryAfterMs);
        if (ended) return aloneWithoutLaw(result);
        ended = true;
        return await this.#report(lease, result);
      },
      cancel,
      [Symbol.asyncDispose]: cancel,
    };
  }

  /** Somebody made room. */
  nudge(): void {
    this.#lanes.nudge();
  }

  /** Somebody was told that nobody may send for `ms`. */
  closedFor(ms: number): void {
    if (ms > 0) this.#closedUntilMs = Math.max(this.#closedUntilMs, this.#parts.now() + ms);
  }

  async status(): Promise<GateStatus> {
    const nowMs = Date.now();
    if (!this.#local) {
      try {
        this.#standing.obey(await this.#parts.store.orders());
        await this.#recall();
        return this.#statusOf(await this.#parts.store.view(this.#settings()), nowMs);
      } catch (error) {
        this.#lost(error);
      }
    }
    return this.#statusOf(await this.#localLaw().view(this.#settings()), nowMs);
  }

  /** @throws when the store is away, or the record */
  async order(orders: Orders): Promise<void> {
    const text = ordersText(orders);
    await this.#parts.record?.write(this.#parts.tag, text);
    await this.#parts.store.order(text, false);
    this.#standing.obey(text);
    this.#lanes.wake();
  }

  async close(reason: Error): Promise<void> {
    this.#closed = true;
    await this.#lanes.close(reason);
    clearTimeout(this.#upkeep);
    const leases = [...this.#open, ...this.#owed];
    // With the store away they run out by themselves.
    if (leases.length > 0 && !this.#local) {
      await this.#parts.store.upkeep([], leases, this.#settings(), 0).catch(() => {});
    }
  }

  async #ask(asks: readonly Ask[]): Promise<Turn<Lease>> {
    const closedMs = this.#knownClosedMs();
    // No clock but ours says that it is over: the store's may have been set.
    if (closedMs > 0) return { grants: [], waitMs: closedMs, passing: false, timed: true };
    const { self } = this.#parts;
    const wanted = asks.map((ask): LawAsk => {
      this.#leases += 1;
      return {
        process: self,
        lease: `${self}/${this.#leases}`,
        kind: ask.kind,
        waiting: ask.waiting,
        maxCalls: ask.maxCalls,
        random: Math.random(),
      };
    });
    const asked = await this.#askStore(wanted);
    return this.#turnOf(wanted, asked);
  }

  async #askStore(asks: readonly LawAsk[]): Promise<Asked> {
    while (!this.#local && !this.#closed) {
      try {
        await this.#recall();
        const asked = await this.#parts.store.ask(asks, this.#settings(), this.#standing.text, 0);
        if (!("orders" in asked)) {
          this.#keepUp();
          return asked;
        }
        await this.#reconcile(asked.orders);
      } catch (error) {
        this.#lost(error);
      }
    }
    return await this.#askLocally(this.#localLaw(), asks);
  }

  async #askLocally(law: LawInProcess, asks: readonly LawAsk[]): Promise<Asked> {
    const settings = this.#settings();
    const { view, nowMs } = await law.view(settings);
    // What left before the store was lost is on the wire still.
    if (this.#open.size >= view.window) {
      const wait: Answer = { kind: "wait", untilMs: nowMs + LONGEST_SLEEP_MS, because: "window" };
      return { answers: [wait], nowMs };
    }
    const room = asks.slice(0, view.window - this.#open.size);
    const asked = await law.ask(room, settings, "", 0);
    return "orders" in asked ? { answers: [], nowMs } : asked;
  }

  #turnOf(asks: readonly LawAsk[], { answers, nowMs }: Asked): Turn<Lease> {
    const grants = answers.map((answer, place): Lease | undefined => {
      const id = asks[place]?.lease;
      if (answer.kind === "wait" || id === undefined) return undefined;
      this.#open.add(id);
      return { ...answer, id };
    });
    const waits = answers.filter((answer) => answer.kind === "wait");
    const untilMs = Math.min(...waits.map((wait) => wait.untilMs));
    const waitMs = Math.min(LONGEST_SLEEP_MS, Math.max(SHORTEST_SLEEP_MS, Math.ceil(untilMs - nowMs)));
    const passing = waits.length > 0 && waits.every(({ because }) => because === "destructive");
    return { grants, waitMs, passing, timed: waits.every(({ because }) => TIMED.has(because)) };
  }

  async #report(lease: Lease, result: BatchResult): Promise<Alone> {
    this.#open.delete(lease.id);
    if (this.#closed) return aloneWithoutLaw(result);
    const degraded = this.#local !== undefined;
    const { reaction, nowMs } = await this.#reportToStore(lease, result);
    this.closedFor(reaction.closedUntilMs > 0 ? reaction.closedUntilMs - nowMs : 0);
    const scope = scopeOf(result, reaction);
    if (scope !== undefined) {
      this.#parts.telemetry.emit("gate:throttled", {
        tenant: this.#parts.key.tenantId,
        scope,
        retryAfterMs: result.retryAfterMs,
        reaction: reactionText(result, reaction, nowMs, degraded || this.#local !== undefined),
      });
    }
    if (reaction.roomy) this.#lanes.nudge();
    return reaction.alone;
  }

  async #reportToStore(lease: Lease, result: BatchResult): ReturnType<LawStore["report"]> {
    if (!this.#local) {
      try {
        return await this.#parts.store.report(lease.id, result, this.#settings());
      } catch (error) {
        this.#lost(error);
      }
    }
    this.#owed.add(lease.id);
    return await this.#localLaw().report(lease.id, result, this.#settings());
  }

  async #giveBack(lease: Lease): Promise<void> {
    this.#open.delete(lease.id);
    if (this.#closed) return;
    this.#owed.add(lease.id);
    if (this.#local) await this.#local.upkeep([], [lease.id], this.#settings(), 0);
    else await this.#upkeepNow();
    this.#lanes.nudge();
  }

  /** Takes the operator's orders over; puts back what a store that lost everything does not know any more. */
  async #reconcile(stored: string): Promise<void> {
    if (stored === "") await this.#parts.store.order(this.#standing.text, true);
    else this.#standing.obey(stored);
  }

  /** Tells the store what the record says and it did not: it lost that, or came back with something older. */
  async #recall(): Promise<void> {
    if (await this.#standing.recall()) await this.#parts.store.order(this.#standing.text, false);
  }

  /** What the law is told now; while the store is away it does not ask for more than it knows. */
  #settings(): LawSettings {
    const settings = this.#standing.settings();
    return this.#local ? { ...settings, probeShare: 0 } : settings;
  }

  #statusOf({ view, counted, nowMs }: Awaited<ReturnType<LawStore["view"]>>, wallMs: number): GateStatus {
    const share = shareAt(this.#standing.orders, wallMs);
    const storedMs = view.closedUntilMs > 0 ? view.closedUntilMs - nowMs : 0;
    const stillMs = share.percent === 0 ? share.untilMs - wallMs : 0;
    return {
      closedForMs: Math.ceil(Math.max(0, storedMs, this.#knownClosedMs(), stillMs)),
      degraded: this.#local !== undefined,
      orders: this.#standing.orders,
      share,
      view,
      counted,
      nowMs,
    };
  }

  #lost(error: unknown): void {
    if (this.#local || this.#closed) return;
    // Redis answered, and refused: not an outage, which mends itself, but something a person has to see. It quotes no argument of ours.
    const refused =
      error instanceof Error ? /^[A-Z]{3,} .*?(?=\.? script: |$)/.exec(error.message)?.[0] : undefined;
    if (refused !== undefined)
      this.#parts.telemetry.emit("warning", {
        text: `Redis refuses what the gate asks of it (${refused.slice(0, 120)}): this process keeps to its own share`,
        tenant: this.#parts.key.tenantId,
      });
    this.#local = this.#ownShare();
    this.#parts.telemetry.emit("gate:degraded", { tenant: this.#parts.key.tenantId, degraded: true });
    clearTimeout(this.#upkeep);
    this.#upkeep = undefined;
    this.#keepUp();
  }

  #localLaw(): LawInProcess {
    return this.#local ?? this.#ownShare();
  }

  #ownShare(): LawInProcess {
    const { now, settings } = this.#parts;
    // Never heard of any others, there may be as many as places.
    return ownShareOf(this.#seen, settings.gate.startWindow, this.#open, now);
  }

  #knownClosedMs(): number {
    return Math.max(0, this.#closedUntilMs - this.#parts.now());
  }

  /** Renews what is on the wire and looks at the state; while the store is away, asks whether it is back. */
  #keepUp(): void {
    if (this.#upkeep || this.#closed) return;
    const afterMs = this.#local ? KNOCK_MS : this.#seen ? this.#parts.settings.gate.leaseMs / 3 : 0;
    this.#upkeep = setTimeout(() => {
      this.#upkeep = undefined;
      void this.#upkeepInTurn();
    }, afterMs);
    // No reason of its own to stay alive: leases run out by themselves.
    this.#upkeep.unref();
  }

  async #upkeepInTurn(): Promise<void> {
    await this.#upkeepNow();
    if (this.#local || this.#open.size > 0 || this.#owed.size > 0) this.#keepUp();
  }

  async #upkeepNow(): Promise<void> {
    const owed = [...this.#owed];
    // Only what the store may have lost: told back to it at once, a closed gate would grow by the way there and back.
    const closedMs = Math.max(0, this.#knownClosedMs() - SLACK_MS);
    const startedAt = this.#parts.now();
    try {
      const kept = await this.#parts.store.upkeep([...this.#open], owed, this.#settings(), closedMs);
      const aheadMs = kept.nowMs - (startedAt + this.#parts.now()) / 2;
      this.#seen = { state: kept.state, processes: kept.processes, aheadMs };
      for (const id of owed) this.#owed.delete(id);
      this.#back();
    } catch (error) {
      this.#lost(error);
    }
  }

  #back(): void {
    if (!this.#local || this.#closed) return;
    this.#local = undefined;
    this.#parts.telemetry.emit("gate:degraded", { tenant: this.#parts.key.tenantId, degraded: false });
    this.#lanes.wake();
  }
}

/** Nobody decides any more: only what speaks for itself. */
function aloneWithoutLaw({ refused, passedBy, knownBusy }: BatchResult): Alone {
  if (refused === 0) return "none";
  if (passedBy + knownBusy >= refused) return "all";
  return passedBy > 0 ? "passed-by" : "none";
}
