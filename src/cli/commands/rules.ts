/** `exosweep rules`: by which rules each job finds what deserves a look, and what the user has made of them. */
import type { Command } from "commander";
import type { Job } from "../../job/index.ts";
import type { Rules } from "../../reports/index.ts";
import type { Host } from "../host.ts";
import { findJob } from "../job-parameters.ts";
import { printList, type View } from "../output.ts";
import { readRules, type RulesOptions, withRules } from "../rules-file.ts";

interface ListOptions extends RulesOptions {
  readonly job?: string;
}

export function defineRules(rules: Command, host: Host): void {
  rules.helpCommand(false);
  withRules(rules.command("list", { isDefault: true }))
    .description("all rules, how severe each is and why (also: exosweep rules)")
    .option("--job <name>", "of this job only")
    .action(
      host.action(async (session, command) => {
        const options = command.opts<ListOptions>();
        const { catalogue } = await import("../../../jobs/index.ts");
        const jobs = options.job === undefined ? catalogue : [findJob(catalogue, options.job)];
        const own = await readRules(session, options.rules);
        await printList(
          session,
          jobs.flatMap((job) => ruleViews(job, own)),
          ["job", "rule", "severity", "overridden", "why"],
        );
      }),
    );
}

function ruleViews({ name, rules = [] }: Job, own: Rules | undefined): readonly View[] {
  const ofJob = own?.jobs[name];
  return rules.map(({ id, severity, why, parameters = [] }) => {
    const word = ofJob?.rules[id];
    const changed = parameters.filter((parameter) => Object.hasOwn(ofJob?.parameters ?? {}, parameter));
    return {
      schemaVersion: 1,
      job: name,
      rule: id,
      severity: word ?? severity,
      /** Of the job itself. */
      usualSeverity: severity,
      parameters,
      overridden:
        word === undefined && changed.length === 0 ? null : overridden(own, word, severity, changed),
      why,
    };
  });
}

/** `rules.yaml: was high; hubMailboxes`. */
function overridden(
  own: Rules | undefined,
  word: string | undefined,
  severity: string,
  parameters: readonly string[],
): string {
  const what = [...(word === undefined ? [] : [`was ${severity}`]), ...parameters];
  return `${own?.file ?? ""}: ${what.join("; ")}`;
}
