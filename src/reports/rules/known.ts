/** What a rules file may name: the jobs of a catalogue that have rules, and these. Pure. */
import { type Job, SEVERITIES } from "../../job/index.ts";

/** As `parseRulesFile` of the settings wants it. */
export function knownRules(catalogue: readonly Job[]) {
  return {
    severities: SEVERITIES,
    jobs: catalogue.flatMap(({ name, rules = [], params, principalColumns = [] }) =>
      rules.length === 0
        ? []
        : [
            {
              name,
              rules: rules.map(({ id }) => id),
              parameters: [...new Set(rules.flatMap(({ parameters = [] }) => parameters))],
              tellsOfPrincipals: principalColumns.length > 0,
              check: (parameters: Readonly<Record<string, unknown>>) =>
                params.safeParse(parameters).error?.issues ?? [],
            },
          ],
    ),
  };
}
