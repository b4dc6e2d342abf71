/** A job as the command line shows it. */
import type { Job } from "../../job/index.ts";
import { type JobParameter, parametersOf } from "../job-parameters.ts";

export interface JobView {
  readonly [key: string]: unknown;
  readonly schemaVersion: 1;
  readonly name: string;
  readonly summary: string;
  readonly writes: boolean;
  readonly parameters: readonly JobParameter[];
  readonly columns: readonly string[];
  /** Jobs that it may be made of; `usual` are those that run when nobody says which. */
  readonly parts: readonly PartView[];
  readonly cmdlets: readonly { readonly cmdlet: string; readonly role: string; readonly per: string }[];
  /** What `--type` may name for it, beside mailboxes. */
  readonly grantors: readonly string[];
  readonly bulkReads: readonly { readonly name: string; readonly cmdlet: string }[];
}

interface PartView {
  readonly name: string;
  readonly summary: string;
  readonly usual: boolean;
  /** With their names as the whole takes them: `PART.key`. */
  readonly parameters: readonly JobParameter[];
}

export function jobView(job: Job, parameters: readonly JobParameter[]): JobView {
  return {
    schemaVersion: 1,
    name: job.name,
    summary: job.summary,
    writes: job.writes,
    parameters,
    columns: job.columns,
    parts: partViews(job),
    cmdlets: job.cmdlets.map(({ cmdlet, role, per }) => ({ cmdlet, role, per })),
    grantors: job.grantors ?? [],
    bulkReads: job.bulk.map(({ name, cmdlet }) => ({ name, cmdlet })),
  };
}

function partViews({ parts = [], params }: Job): JobView["parts"] {
  return parts.map(({ job, ...part }) => ({
    name: job.name,
    summary: job.summary,
    usual: part.wanted(params.parse({})),
    parameters: parametersOf(job).map((own) => ({ ...own, name: `${job.name}.${own.name}` })),
  }));
}

/** For people. */
export function jobText(job: JobView): string {
  const parameters = job.parameters.map((parameter) => `  ${parameterText(parameter)}`);
  return [
    job.name,
    `  ${job.summary}`,
    "",
    "parameters",
    ...(parameters.length > 0 ? parameters : ["  none"]),
    "",
    "cmdlets, and the least role that can run them",
    ...job.cmdlets.map(({ cmdlet, role, per }) => `  ${cmdlet}  ${role}  (once per ${per})`),
    "",
    ...(job.grantors.length === 0 ? [] : ["also for", `  --type ${job.grantors.join(",")}`, ""]),
    ...(job.parts.length === 0
      ? ["columns", `  ${job.columns.join(", ")}`]
      : [
          "parts, each reported as a run of that job; with + those that run when nobody says which",
          ...job.parts.flatMap(({ name, summary, usual, parameters }) => [
            `  ${usual ? "+" : " "} ${name}  ${summary}`,
            ...parameters.map((parameter) => `      ${parameterText(parameter)}`),
          ]),
        ]),
    "",
    `next: exosweep run ${job.name} --tenant NAME --plan-only`,
  ].join("\n");
}

function parameterText({ name, type, required, fallback, description }: JobParameter): string {
  const facts = [
    description,
    required ? "required" : "",
    fallback === undefined ? "" : `default ${fallback}`,
  ];
  return `--param ${name}=${type}  ${facts.filter((text) => text !== "").join(", ")}`;
}
