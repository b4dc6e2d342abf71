/** `exosweep apply`: makes a plan of a file of changes, shows it, and carries it out when somebody has given their word. */
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import type { App } from "../../app.ts";
import type { RunRecord } from "../../journal/index.ts";
import { RunError } from "../../runs/index.ts";
import { type PlannedChange, readChangeList } from "../change-list.ts";
import { userName } from "../by-hand.ts";
import { confirm } from "../confirm.ts";
import { fileFault } from "../error-code.ts";
import { EXIT } from "../exit-codes.ts";
import { follow } from "../follow.ts";
import type { Host } from "../host.ts";
import { argument } from "../host.ts";
import { printRecord } from "../output.ts";
import { printRun } from "../run-report.ts";
import type { Session } from "../session.ts";
import { changePlanText, changePlanView, type ChangePlan, planOf } from "../views/change-plan.ts";

const JOB = "apply-changes";

interface ApplyOptions {
  readonly tenant: string;
  readonly yes?: boolean;
  readonly whatIf?: boolean;
}

export function defineApply(command: Command, host: Host): void {
  command
    .argument(
      "<file>",
      "the changes: CSV (Mailbox,Cmdlet,Parameters or Action,Mailbox,Right,Trustee …) or lines of JSON",
    )
    .requiredOption("--tenant <name>", "name of the tenant in the settings")
    .option("--what-if", "stop when the plan stands; approve it later with: exosweep runs approve RUN")
    .option("--yes", "do not ask for your word")
    .addHelpText(
      "after",
      "\nExamples:\n  exosweep apply changes.csv --tenant contoso --what-if\n  exosweep apply changes.csv --tenant contoso --yes -o json",
    )
    .action(
      host.drainingAction(async (session, command) => {
        const options = command.opts<ApplyOptions>();
        const changes = await readList(argument(command, 0));
        const app = await session.app();
        const run = await app.runs.start(
          { job: JOB, tenant: options.tenant, params: {}, scope: { kind: "changes", changes: [...changes] } },
          session.signals.soft,
        );
        session.terminal.note(
          `run ${run.id}: ${changes.length} changes for ${run.tenant}; looking up their mailboxes`,
        );
        const followed = await follow(session, app, run.id);
        if (followed.run.state !== "awaiting_approval")
          return printRun(session, app, followed.run, { exitCode: followed.exitCode });
        return decide(session, app, followed.run, options, changes.length);
      }),
    );
}

/** @param asked changes the file has */
async function decide(
  session: Session,
  app: App,
  run: RunRecord,
  options: ApplyOptions,
  asked: number,
): Promise<number> {
  const plan = await planOf(run, app.runs.items(run.id, {}));
  const doubled = asked - plan.changes - plan.unknown.length;
  if (doubled > 0)
    session.terminal.note(`${doubled} lines of the file say what others say: each change is made once`);
  if (plan.contradictions.length > 0) {
    await printPlan(session, plan);
    // Nobody may approve it, and open it would stand in the way of the corrected one.
    await app.runs.cancel(run.id, "its plan contradicts itself");
    throw new RunError(
      "bad-list",
      `Cannot carry out run ${run.id}: ${plan.contradictions.length} of its changes contradict others, under another name of the mailbox; nothing was written, and the run is cancelled`,
      "correct the file and apply it again",
    );
  }
  const later = `exosweep runs approve ${run.id} --plan ${plan.sha256.slice(0, 12)}`;
  if (options.whatIf === true) {
    await printPlan(session, plan);
    session.terminal.note(`nothing was written. To carry it out: ${later}`);
    return EXIT.ok;
  }
  for (const line of changePlanText(plan).split("\n")) session.terminal.note(line);
  if (options.yes !== true && !(await confirm(session, String(plan.changes), `add --yes, or: ${later}`))) {
    session.terminal.note(
      `nothing was written. To carry it out: ${later}, to drop it: exosweep runs cancel ${run.id}`,
    );
    return EXIT.ok;
  }
  await app.runs.approve(run.id, userName(session), plan.sha256);
  const followed = await follow(session, app, run.id);
  return printRun(session, app, followed.run, { exitCode: followed.exitCode });
}

async function printPlan(session: Session, plan: ChangePlan): Promise<void> {
  await printRecord(session, changePlanView(plan), () => changePlanText(plan));
}

async function readList(path: string): Promise<readonly PlannedChange[]> {
  try {
    return readChangeList(await readFile(path), path);
  } catch (error) {
    if (error instanceof RunError) throw error;
    throw new RunError(
      "bad-list",
      `Cannot read the plan "${path}": ${fileFault(error)}`,
      "name a file that is there and that you may read",
      { cause: error },
    );
  }
}
