/** How a run begins: what was asked for is checked, and put on record. */
import { randomBytes } from "node:crypto";
import type { Exchange } from "../exo/index.ts";
import { isGrantorType, type Job } from "../job/index.ts";
import { type Json, RunOpenError } from "../journal/index.ts";
import type { Tenant } from "../tenants/index.ts";
import { crashPoint } from "../test-points.ts";
import { asJson } from "./as-json.ts";
import { countTargets } from "./enumerate.ts";
import { RunError } from "./errors.ts";
import { estimate } from "./estimate.ts";
import { runOpen } from "./run-desk.ts";
import type { RunPlan, RunService, StartOptions } from "./run-service.ts";
import { describeScope, type Scope, scopeSchema } from "./scope.ts";
import type { ServiceParts } from "./service.ts";
import { tryFilter } from "./try-filter.ts";

export function createStarting(parts: ServiceParts): Pick<RunService, "check" | "start" | "plan"> {
  const { journal, catalogue } = parts;

  function jobNamed(name: string): Job {
    const job = catalogue.find((candidate) => candidate.name === name);
    if (job !== undefined) return job;
    throw new RunError(
      "unknown-job",
      `Cannot run "${name}": there is no such job`,
      `Choose one of: ${catalogue.map((known) => known.name).join(", ")}`,
    );
  }

  function tenantNamed(name: string): Tenant {
    const tenant = parts.tenants.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
    if (tenant !== undefined) return tenant;
    const known = parts.tenants.map((candidate) => candidate.name).join(", ");
    throw new RunError(
      "unknown-tenant",
      `Cannot find tenant "${name}"`,
      known === ""
        ? "Add one to exosweep.yaml; `exosweep init` writes a first one"
        : `Configured are: ${known}`,
    );
  }

  function checked(job: Job, params: Readonly<Record<string, unknown>>): Json {
    const result = job.params.safeParse(params);
    if (!result.success) {
      const mistakes = result.error.issues.map(
        (issue) => `${issue.path.join(".") || "parameters"}: ${issue.message}`,
      );
      throw new RunError(
        "bad-parameter",
        `Cannot run "${job.name}": ${mistakes.join("; ")}`,
        `See its parameters with: exosweep jobs show ${job.name}`,
      );
    }
    // What was given, not what it became: defaults stay the job's.
    return asJson(params);
  }

  function meant(options: StartOptions): {
    readonly job: Job;
    readonly tenant: Tenant;
    readonly params: Json;
  } {
    const job = jobNamed(options.job);
    const tenant = tenantNamed(options.tenant);
    const params = checked(job, options.params);
    if (job.writes !== (options.scope.kind === "changes")) throw wrongScope(job);
    checkTypes(job, options.scope);
    checkScope(job, options.scope);
    return { job, tenant, params };
  }

  return {
    check(options) {
      const { job, tenant, params } = meant(options);
      return { job: job.name, tenant: tenant.name, params, scope: asJson(options.scope) };
    },

    async start(options, signal = new AbortController().signal) {
      const { job, tenant, params } = meant(options);
      await tryFilter(options.scope, () => parts.exchange(tenant.name), signal);
      try {
        const run = await journal.createRun({
          id: options.id ?? newRunId(),
          job: job.name,
          tenant: tenant.name,
          tenantId: tenant.tenantId,
          params,
          scope: asJson(options.scope),
          naiveCallsPerTarget: job.naiveCallsPerTarget,
        });
        crashPoint("run.created");
        return run;
      } catch (error) {
        throw error instanceof RunOpenError ? runOpen(error) : error;
      }
    },

    async plan(options, signal = new AbortController().signal): Promise<RunPlan> {
      const job = jobNamed(options.job);
      const tenant = tenantNamed(options.tenant);
      checked(job, options.params);
      const exchange = (): Promise<Exchange> => parts.exchange(tenant.name);
      await tryFilter(options.scope, exchange, signal);
      const byType = await countTargets(await exchange(), options.scope, signal);
      const targets = [...byType.values()].reduce((sum, count) => sum + count, 0);
      const last = (await journal.runs({ tenant: tenant.name, limit: 20 })).find(
        (run) => run.endedAtMs !== undefined && run.startedAtMs !== undefined && run.calls.items > 0,
      );
      const lastSeconds =
        last?.endedAtMs !== undefined && last.startedAtMs !== undefined
          ? (last.endedAtMs - last.startedAtMs) / 1_000
          : 0;
      return estimate({
        job,
        params: job.params.parse(options.params),
        tenant: tenant.name,
        scope: describeScope(options.scope),
        byType,
        small: targets <= parts.smallScope,
        lastPerSecond: last !== undefined && lastSeconds > 0 ? last.calls.items / lastSeconds : undefined,
      });
    },
  };
}

/** @throws {RunError} `bad-parameter` when the scope names what the job cannot be performed for */
function checkTypes({ name, grantors = [], parts = [] }: Job, scope: Scope): void {
  const types = "types" in scope ? scope.types : [];
  const strange = types.filter(isGrantorType).filter((type) => !grantors.includes(type));
  if (strange.length === 0) return;
  const takers = parts.filter(({ job }) => strange.every((type) => job.grantors?.includes(type)));
  const alone = takers.map(({ job }) => `; ${job.name} takes them, run by itself`).join("");
  throw new RunError(
    "bad-parameter",
    `Cannot run "${name}" on ${strange.join(", ")}: it is about mailboxes only`,
    `Leave ${strange.join(", ")} out of --type${alone}`,
  );
}

/** What is on record is read by every process that plans the run: one that cannot be read would never get anywhere. */
function checkScope({ name }: Job, scope: Scope): void {
  const { error } = scopeSchema.safeParse(scope);
  if (error === undefined) return;
  const words = error.issues.slice(0, 10).map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new RunError(
    "bad-parameter",
    `Cannot run "${name}" on this: ${words.join("; ")}`,
    "Correct what the run is to be about",
  );
}

function wrongScope({ name, writes }: Job): RunError {
  return writes
    ? new RunError(
        "bad-parameter",
        `Cannot run "${name}" on mailboxes: it carries out a plan`,
        "Give it one with: exosweep apply FILE --tenant NAME",
      )
    : new RunError(
        "bad-parameter",
        `Cannot give "${name}" a plan of changes: it only reads`,
        "Leave the plan out",
      );
}

/** Short enough to type, long enough to be unique: 10 characters of base 32 without look-alikes. */
export function newRunId(): string {
  const alphabet = "abcdefghjkmnpqrstuvwxyz23456789";
  return `r${Array.from(randomBytes(9), (byte) => alphabet[byte % alphabet.length] ?? "a").join("")}`;
}
