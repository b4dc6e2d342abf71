/** How much the tests go through, counted in what they go through. */
import { catalogue } from "../jobs/index.ts";
import { EXPORT_FORMATS } from "../src/reports/index.ts";
import { CASES } from "../test/jobs/rules/cases.ts";
import { QUESTIONS } from "../test/reports/access/questions.ts";
import { plantedTenant, SEEDS } from "../test/reports/planted-tenant.ts";
import { HOSTILE_STRINGS } from "../test/support/hostile-strings.ts";

export interface Corpus {
  readonly what: string;
  readonly count: number;
  /** Asked for; undefined where nothing is. */
  readonly least: number | undefined;
  readonly how: string;
}

export function corpora(): readonly Corpus[] {
  const judging = catalogue.filter(({ rules = [] }) => rules.length > 0);
  const rules = judging.flatMap((job) => (job.rules ?? []).map(({ id }) => ({ job: job.name, id })));
  const tested = rules.filter(({ job, id }) => CASES[job]?.[id] !== undefined);
  const planted = SEEDS.map((seed) => plantedTenant(seed));
  const changes = Math.min(...planted.map(({ expected }) => expected.length));
  const kinds = new Set(planted.flatMap(({ planted: happened }) => [...happened.keys()]));
  return [
    {
      what: "rules",
      count: rules.length,
      least: undefined,
      how: `of ${judging.length} jobs; ${tested.length} with a row that fires them and one that must not`,
    },
    {
      what: "hostile strings",
      count: HOSTILE_STRINGS.length,
      least: 300,
      how: `through ${EXPORT_FORMATS.length} formats, the terminal and the importer`,
    },
    {
      what: "random questions",
      count: QUESTIONS,
      least: 10_000,
      how: "to look-ups from both sides, beside an oracle without an index",
    },
    {
      what: "planted changes",
      count: changes,
      least: 10_000,
      how: `in each of ${SEEDS.length} tenants, by ${kinds.size} kinds of happenings`,
    },
  ];
}
