/** `exosweep cmdlets`: what the app may run on a tenant, as the service lists it, and what that means here. */
import type { Command } from "commander";
import { leastRole } from "../../exo/index.ts";
import { EXIT } from "../exit-codes.ts";
import type { Host } from "../host.ts";
import { cmdletViews, matching } from "../cmdlet-views.ts";
import type { CmdletView } from "../cmdlet-views.ts";
import { findJob } from "../job-parameters.ts";
import { printList } from "../output.ts";
import type { Session } from "../session.ts";
import { suggestion, UsageError } from "../usage.ts";

interface CmdletsOptions {
  readonly tenant: string;
  readonly job?: string;
  readonly missing?: true;
}

export function defineCmdlets(command: Command, host: Host): void {
  command
    .argument("[pattern]", "a name, or a part of one with * and ?, in any casing; all when absent")
    .requiredOption("--tenant <name>", "name of the tenant in the settings")
    .option("--job <name>", "only cmdlets this job needs")
    .option("--missing", "what jobs need and the app may not run, with the role that would do")
    .action(
      host.action((session, command) =>
        listCmdlets(session, command.opts<CmdletsOptions>(), command.args[0]),
      ),
    );
}

async function listCmdlets(
  session: Session,
  { tenant, job, missing = false }: { tenant: string; job?: string; missing?: boolean },
  pattern: string | undefined,
): Promise<number> {
  if (pattern !== undefined && !/^[a-z0-9*?-]{1,200}$/i.test(pattern))
    throw new UsageError(
      `Cannot look for "${pattern}": expected letters, digits, "-", * and ?`,
      'write for example "Get-Mailbox*", in quotation marks',
    );
  const { api } = await session.settings();
  const app = await session.app(api.discoveryTimeoutMs);
  const only = job === undefined ? undefined : findJob(app.catalogue, job).name;
  const exo = await app.exchange(tenant);
  const all = cmdletViews(await exo.cmdlets(session.signals.soft), app.catalogue);
  const asked = all.filter(
    ({ cmdlet, jobs }) =>
      (only === undefined || jobs.includes(only)) && (pattern === undefined || matching(pattern, cmdlet)),
  );
  const lacking = asked.filter(({ allowed }) => !allowed);
  const shown = missing ? lacking : asked.filter(({ allowed }) => allowed);
  const columns = ["cmdlet", ...(missing ? ["role"] : []), "effect", "via", "jobs"];
  await printList(session, forPeople(session, shown, app.catalogue.length), columns);
  const { terminal } = session;
  if (missing) {
    if (shown.length === 0) terminal.note("nothing is missing: the app may run what jobs need");
    return shown.length > 0 ? EXIT.notAllowed : EXIT.ok;
  }
  if (pattern !== undefined && !/[*?]/.test(pattern) && shown.length === 0 && only === undefined) {
    const names = all.filter(({ allowed }) => allowed).map(({ cmdlet }) => cmdlet);
    const role = lacking[0]?.role ?? leastRole(pattern);
    terminal.note(
      `the app may not run ${pattern}: ${suggestion(pattern, names)}${role} is the least role group that may, if there is such a cmdlet`,
      "yellow",
    );
    return EXIT.notAllowed;
  }
  if (lacking.length > 0)
    terminal.note(`jobs need ${lacking.length} more that the app may not run: see --missing`, "yellow");
  return EXIT.ok;
}

/** A table says "every job" in place of all their names; other formats name them. */
function forPeople(
  { format = "table" }: Session,
  views: readonly CmdletView[],
  jobs: number,
): readonly CmdletView[] | readonly Record<string, unknown>[] {
  if (format !== "table") return views;
  return views.map((view) => ({
    ...view,
    jobs: view.jobs.length === jobs ? "every job" : view.jobs.join(", "),
  }));
}
