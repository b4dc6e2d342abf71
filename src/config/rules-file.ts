/** The rules file: what a user has decided about the rules of jobs, and about single findings. Every name in it is held against what there is. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { parseYaml, SettingsError } from "./yaml-file.ts";

/** What a rules file may name. */
export interface KnownRules<Severity extends string> {
  readonly severities: readonly Severity[];
  readonly jobs: readonly KnownJob[];
}

export interface KnownJob {
  readonly name: string;
  /** Ids of its rules. */
  readonly rules: readonly string[];
  /** Those its rules go by, and that no reading depends on. */
  readonly parameters: readonly string[];
  /** Whether its rows tell of somebody beside the mailbox. */
  readonly tellsOfPrincipals: boolean;
  /** What is wrong with values of these parameters, in words. */
  check(
    parameters: Readonly<Record<string, unknown>>,
  ): readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}

/** A rules file that can be used as it is. */
export interface RulesFile<Severity extends string> {
  /** As it was named. */
  readonly file: string;
  /** Of its bytes, hex. */
  readonly sha256: string;
  /** By job. */
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly parameters: Readonly<Record<string, unknown>>;
        /** By rule. */
        readonly rules: Readonly<Record<string, Severity | "off">>;
      }
    >
  >;
  readonly suppressions: readonly z.output<typeof suppressionSchema>[];
}

const OFF = "off";

const somebody = z.string().trim().min(3).max(320);
const suppressionSchema = z
  .strictObject({
    job: z.string(),
    rule: z.string(),
    /** Its ExchangeGuid or primary address. */
    mailbox: somebody.optional(),
    /** Whom the row tells of: an id, a SID or an address. */
    trustee: somebody.optional(),
    /** Who answers for it. */
    owner: z.string().trim().min(1).max(200),
    reason: z.string().trim().min(1).max(1_000),
    /** The last day it holds, in UTC. */
    expires: z.iso.date({ error: "expected a day such as 2027-01-31: the last one it holds, in UTC" }),
  })
  .refine(({ mailbox, trustee }) => mailbox !== undefined || trustee !== undefined, {
    error:
      "expected mailbox or trustee, or both; a rule is switched off for all with jobs: JOB: rules: RULE: off",
  });

const fileSchema = z.strictObject({
  jobs: z
    .record(
      z.string(),
      z.strictObject({
        parameters: z.record(z.string(), z.unknown()).default({}),
        rules: z.record(z.string(), z.string()).default({}),
      }),
    )
    .default({}),
  suppressions: z.array(suppressionSchema).max(100_000).default([]),
});
type Parsed = z.output<typeof fileSchema>;

/**
 * @param bytes of the file, UTF-8
 * @param file its name, for messages
 * @throws {SettingsError} with every mistake and its line
 */
export function parseRulesFile<Severity extends string>(
  bytes: Uint8Array,
  file: string,
  known: KnownRules<Severity>,
): RulesFile<Severity> {
  const schema = fileSchema.superRefine((parsed, context) => {
    for (const { path, message } of mistakesIn(parsed, known))
      context.addIssue({ code: "custom", path: [...path], message });
  });
  const { jobs, suppressions } = parseYaml(textOf(bytes, file), file, schema);
  return {
    file,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    jobs: Object.fromEntries(
      Object.entries(jobs).map(([name, { parameters, rules }]) => [
        name,
        { parameters, rules: ruled(rules, known.severities) },
      ]),
    ),
    suppressions,
  };
}

function textOf(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // All a decoder says is that it cannot.
    throw new SettingsError(file, ["line 1: expected UTF-8"]);
  }
}

function ruled<Severity extends string>(
  rules: Readonly<Record<string, string>>,
  severities: readonly Severity[],
): Readonly<Record<string, Severity | "off">> {
  return Object.fromEntries(
    Object.entries(rules).map(([id, word]) => [id, severities.find((known) => known === word) ?? OFF]),
  );
}

interface Mistake {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

function mistakesIn({ jobs, suppressions }: Parsed, known: KnownRules<string>): readonly Mistake[] {
  const words = [...known.severities, OFF];
  const ofJobs = Object.entries(jobs).flatMap(([name, { parameters, rules }]): readonly Mistake[] => {
    const job = known.jobs.find((candidate) => candidate.name === name);
    if (job === undefined) return [{ path: ["jobs", name], message: noJob(known) }];
    const foreign = Object.keys(parameters).filter((parameter) => !job.parameters.includes(parameter));
    return [
      ...Object.entries(rules).flatMap(([id, word]) => {
        const path = ["jobs", name, "rules", id];
        if (!job.rules.includes(id)) return [{ path, message: noRule(job) }];
        return words.includes(word) ? [] : [{ path, message: `expected ${words.join(", ")}` }];
      }),
      ...foreign.map((parameter) => ({
        path: ["jobs", name, "parameters", parameter],
        message: `no parameter that rules of ${name} go by: ${job.parameters.length > 0 ? `these are ${job.parameters.join(", ")}` : "there are none"}`,
      })),
      ...(foreign.length > 0 ? [] : job.check(parameters)).map(({ path, message }) => ({
        path: ["jobs", name, "parameters", ...path],
        message,
      })),
    ];
  });
  const ofSuppressions = suppressions.flatMap(({ job: name, rule, trustee }, place): readonly Mistake[] => {
    const job = known.jobs.find((candidate) => candidate.name === name);
    if (job === undefined) return [{ path: ["suppressions", place, "job"], message: noJob(known) }];
    return [
      ...(job.rules.includes(rule) ? [] : [{ path: ["suppressions", place, "rule"], message: noRule(job) }]),
      ...(trustee === undefined || job.tellsOfPrincipals
        ? []
        : [
            {
              path: ["suppressions", place, "trustee"],
              message: `rows of ${name} tell of mailboxes only: name the mailbox`,
            },
          ]),
    ];
  });
  return [...ofJobs, ...ofSuppressions];
}

function noJob({ jobs }: KnownRules<string>): string {
  return `no job with rules: these are ${jobs.map(({ name }) => name).join(", ")}`;
}

function noRule({ name, rules }: KnownJob): string {
  return `no rule of ${name}: its rules are ${rules.join(", ")}`;
}
