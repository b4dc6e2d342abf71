/** What an app may do on a tenant, measured against what the jobs need. */
import { type Exchange, plainCmdlet } from "../exo/index.ts";
import type { Job } from "../job/index.ts";
import { LISTING_ROLE, LISTINGS } from "../runs/index.ts";

export interface CmdletCheck {
  readonly cmdlet: string;
  readonly allowed: boolean;
  /** The least role group that can run it. */
  readonly role: string;
  readonly jobs: readonly string[];
}

export interface TenantCheck {
  readonly [key: string]: unknown;
  readonly schemaVersion: 1;
  readonly tenant: string;
  /** Cmdlets the service offers to the app. */
  readonly offered: number;
  /** True when one mailbox could be read. */
  readonly mailboxRead: boolean;
  readonly cmdlets: readonly CmdletCheck[];
  /** Every job can be run. */
  readonly ready: boolean;
}

/** @throws {SignInError} when we cannot sign in; {ExoError} when the service does not answer */
export async function checkTenant(
  tenant: string,
  exo: Exchange,
  catalogue: readonly Job[],
  signal: AbortSignal,
): Promise<TenantCheck> {
  const offered = await exo.cmdlets(signal);
  const known = new Set(offered.map((cmdlet) => cmdlet.toLowerCase()));
  const cmdlets = needsOf(catalogue).map((need) => ({
    ...need,
    allowed: known.has(plainCmdlet(need.cmdlet).toLowerCase()),
  }));
  const mayRead = known.has("get-mailbox");
  if (mayRead) await exo.invoke("Get-Mailbox", { ResultSize: 1 }, { lane: "interactive", signal });
  return {
    schemaVersion: 1,
    tenant,
    offered: offered.length,
    mailboxRead: mayRead,
    cmdlets,
    ready: cmdlets.every(({ allowed }) => allowed),
  };
}

function needsOf(catalogue: readonly Job[]): Omit<CmdletCheck, "allowed">[] {
  const needs = new Map<string, Omit<CmdletCheck, "allowed">>();
  const add = (cmdlet: string, role: string, job: string): void => {
    const before = needs.get(cmdlet);
    needs.set(cmdlet, {
      cmdlet,
      role: before?.role ?? role,
      jobs: [...new Set([...(before?.jobs ?? []), job])],
    });
  };
  for (const job of catalogue) {
    for (const { cmdlet, role } of job.cmdlets) add(cmdlet, role, job.name);
    for (const cmdlet of LISTINGS) add(cmdlet, LISTING_ROLE, job.name);
  }
  return [...needs.values()];
}

export function checkText(check: TenantCheck): string {
  const width = Math.max(...check.cmdlets.map(({ cmdlet }) => cmdlet.length));
  const missing = check.cmdlets.filter(({ allowed }) => !allowed);
  const all = new Set(check.cmdlets.flatMap(({ jobs }) => jobs)).size;
  const users = (jobs: readonly string[]): string => (jobs.length === all ? "every job" : jobs.join(", "));
  return [
    `tenant ${check.tenant}: signed in, the app may run ${check.offered} cmdlets`,
    check.mailboxRead ? "  a mailbox was read" : "  no mailbox was read: the app may not run Get-Mailbox",
    ...check.cmdlets.map(
      ({ cmdlet, allowed, role, jobs }) =>
        `  ${allowed ? "yes" : "NO "}  ${cmdlet.padEnd(width)}  ${allowed ? "" : `give the app a role of "${role}" `}(${users(jobs)})`,
    ),
    missing.length === 0
      ? "every job can be run"
      : `missing: ${[...new Set(missing.map(({ role }) => role))].join(", ")}; assign the role to the app in Exchange, and wait up to an hour`,
  ].join("\n");
}
