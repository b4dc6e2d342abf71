/** One run under judgement: what was planned, what an operator said, and from where on the ledger is read. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { catalogue } from "../../../jobs/index.ts";
import type { Change } from "../../../src/job/index.ts";
import { exportRun } from "../../../src/reports/index.ts";
import { DEFAULT_TYPES } from "../../../src/runs/index.ts";
import {
  type Allowances,
  judge,
  JournalFile,
  keyOfHeard,
  type Order,
  type Plan,
  type Planned,
  readExportedFacts,
  type Verdict,
  type Watch,
  watchRun,
  writeKey,
} from "../checker/index.ts";
import { RIVAL } from "./service.ts";
import { until, type World, WRITES } from "./world.ts";

/** As `World` has them; a write may arrive as late after its announcement as it may leave. */
const LOOKS = { settleMs: WRITES.settleMs - WRITES.sendByMs - 100, lookGapMs: WRITES.lookGapMs - 50 };

export class Case {
  readonly run: string;
  readonly orders: Order[] = [];
  readonly plan: Plan;
  readonly #world: World;
  readonly #tenantId: string;
  readonly #from: number;
  readonly #watch: Watch;
  readonly #ends = new Map<string, string>();
  readonly #churned = new Set<string>();
  #over = false;

  private constructor(world: World, run: string, tenantId: string, plan: Plan, from: number) {
    this.#world = world;
    this.run = run;
    this.plan = plan;
    this.#tenantId = tenantId;
    this.#from = from;
    this.#watch = watchRun(world.journal, run);
  }

  /** A permission audit of a whole tenant, `t0`, `t1`… */
  static async reads(world: World, tenant: number): Promise<Case> {
    const tenantId = world.service.tenants[tenant]?.tenantId ?? "";
    const subjects = await world.service.targets(tenantId);
    const from = await world.service.heard();
    const { id } = await world.app.runs.start({
      job: "permission-audit",
      tenant: `t${tenant}`,
      params: {},
      scope: { kind: "all", types: [...DEFAULT_TYPES] },
    });
    return new Case(world, id, tenantId, { kind: "reads", subjects, cmdlet: "Get-MailboxPermission" }, from);
  }

  /** A run that somebody else has started, of the whole tenant. */
  static async adopt(world: World, run: string, tenant: number, from: number): Promise<Case> {
    const tenantId = world.service.tenants[tenant]?.tenantId ?? "";
    const subjects = await world.service.targets(tenantId);
    return new Case(world, run, tenantId, { kind: "reads", subjects, cmdlet: "Get-MailboxPermission" }, from);
  }

  /** A plan of writes, approved as soon as it waits for that. */
  static async changes(world: World, tenant: number, changes: readonly Planned[]): Promise<Case> {
    const tenantId = world.service.tenants[tenant]?.tenantId ?? "";
    const from = await world.service.heard();
    const { id } = await world.app.runs.start({
      job: "apply-changes",
      tenant: `t${tenant}`,
      params: {},
      scope: {
        kind: "changes",
        changes: changes.map(({ subject, cmdlet, parameters }) => ({
          identity: subject,
          cmdlet,
          parameters: JSON.parse(JSON.stringify(parameters)) as Change["parameters"],
        })),
      },
    });
    const of = new Case(world, id, tenantId, { kind: "changes", changes }, from);
    void of.#approve();
    return of;
  }

  async #approve(): Promise<void> {
    const { runs } = this.#world.app;
    while (!this.#over) {
      const { state } = await runs.get(this.run);
      if (state === "awaiting_approval") {
        this.orders.push({ atMs: Date.now(), word: "approved" });
        await runs.approve(this.run, "the fault suite").catch(() => undefined); // It was cancelled meanwhile.
      }
      if (
        state !== "planned" &&
        state !== "enumerating" &&
        state !== "awaiting_approval" &&
        state !== "paused"
      )
        return;
      await sleep(50);
    }
  }

  /** Somebody else sets other values, right after the planned ones were executed and nobody was told. */
  async rival(changes: readonly Planned[]): Promise<void> {
    const { service } = this.#world;
    const rival = await service.signIn(this.#tenantId);
    const waiting = new Map(
      changes.map((change) => [writeKey(change.subject, change.cmdlet, change.parameters), change]),
    );
    await until("the planned writes are executed", 30_000, async () => {
      for (const heard of await service.ledger(this.#tenantId, this.#from)) {
        const change = heard.write === undefined ? undefined : waiting.get(keyOfHeard(heard));
        if (change === undefined || heard.executedAtMs === null) continue;
        waiting.delete(keyOfHeard(heard));
        const parameters = Object.fromEntries(
          Object.keys(change.parameters).map((name) => [name, "somebody else"]),
        );
        await rival(change.cmdlet, { Identity: change.subject, ...parameters });
      }
      return waiting.size === 0 ? true : undefined;
    });
  }

  get tenantId(): string {
    return this.#tenantId;
  }

  /** Says how one of its targets has to end. */
  mustEnd(subject: string, outcome: string): void {
    this.#ends.set(subject, outcome);
  }

  /** Says that who has this id was deleted while the run went on. */
  churned(id: string): void {
    this.#churned.add(id.toLowerCase());
  }

  async pause(): Promise<void> {
    await this.#world.app.runs.pause(this.run, "the fault suite");
    this.orders.push({ atMs: Date.now(), word: "paused" });
  }

  async resume(): Promise<void> {
    this.orders.push({ atMs: Date.now(), word: "resumed" });
    await this.#world.app.runs.resume(this.run);
  }

  async cancel(): Promise<void> {
    await this.#world.app.runs.cancel(this.run, "the fault suite");
    this.orders.push({ atMs: Date.now(), word: "cancelled" });
  }

  /** Ends the watch, also of a case that is never judged. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    await this.#watch[Symbol.asyncDispose]();
  }

  /** What the watch saw is looked at, the rest is not. */
  async discard(): Promise<void> {
    await this[Symbol.asyncDispose]();
    const [first] = this.#watch.violations;
    if (first !== undefined) throw new Error(first);
  }

  /** Ends the watch and judges what is on record. */
  async judge(allowances: Allowances = {}, retryAfterMs?: number): Promise<Verdict> {
    await this[Symbol.asyncDispose]();
    const { service, said } = this.#world;
    const facts =
      this.plan.kind === "reads" && !this.orders.some(({ word }) => word === "cancelled")
        ? { truth: await service.truth(this.#tenantId), exported: await this.#exported() }
        : undefined;
    using file = new JournalFile(this.#world.journal);
    return judge({
      plan: this.plan,
      run: file.run(this.run),
      ledger: (await service.ledger(this.#tenantId, this.#from)).filter(
        ({ connectionId }) => connectionId !== RIVAL,
      ),
      said: said.get(this.run) ?? [],
      orders: this.orders,
      times: LOOKS,
      watched: this.#watch.violations,
      allowances: { ...allowances, ends: this.#ends, churned: this.#churned },
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(facts === undefined ? {} : { facts }),
    });
  }

  async #exported() {
    const { app, home } = this.#world;
    const run = await app.runs.get(this.run);
    const job = catalogue.find(({ name }) => name === run.job);
    if (job === undefined) throw new Error(`There is no job ${run.job}`);
    const out = join(home, `${run.id}.csv`);
    await exportRun({ journal: app.journal, run, job, format: "csv", out, includeNoise: true });
    const facts = await readExportedFacts(out);
    await rm(out);
    return facts;
  }
}
