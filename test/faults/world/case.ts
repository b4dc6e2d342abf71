/** One run under judgement: what was planned, what an operator said, and from where on the ledger is read. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { catalogue } from "../../../jobs/index.ts";
import { exportRun } from "../../../src/reports/index.ts";
import { DEFAULT_TYPES } from "../../../src/runs/index.ts";
import {
  type Allowances,
  judge,
  JournalFile,
  type Order,
  type Plan,
  readExportedFacts,
  type Verdict,
  type Watch,
  watchRun,
} from "../checker/index.ts";
import type { World } from "./world.ts";

export class Case {
  readonly run: string;
  readonly orders: Order[] = [];
  readonly plan: Plan;
  readonly #world: World;
  readonly #tenantId: string;
  readonly #from: number;
  readonly #watch: Watch;

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

  get tenantId(): string {
    return this.#tenantId;
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

  /** Ends the watch and judges what is on record. */
  async judge(allowances: Allowances = {}): Promise<Verdict> {
    await this.#watch[Symbol.asyncDispose]();
    const { service, said } = this.#world;
    const facts =
      this.plan.kind === "reads" &&
      !this.orders.some(({ word }) => word === "cancelled") &&
      allowances.outcomes === undefined
        ? { truth: await service.truth(this.#tenantId), exported: await this.#exported() }
        : undefined;
    using file = new JournalFile(this.#world.journal);
    return judge({
      plan: this.plan,
      run: file.run(this.run),
      ledger: await service.ledger(this.#tenantId, this.#from),
      said: said.get(this.run) ?? [],
      orders: this.orders,
      watched: this.#watch.violations,
      allowances,
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
