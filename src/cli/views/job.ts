/** A job as the command line shows it. */
import type { Job } from "../../job.ts";
import type { JobParameter } from "../job-parameters.ts";

export interface JobView {
  readonly [key: string]: unknown;
  readonly schemaVersion: 1;
  readonly name: string;
  readonly summary: string;
  readonly writes: boolean;
  readonly parameters: readonly JobParameter[];
  readonly columns: readonly string[];
  readonly cmdlets: readonly { readonly cmdlet: string; readonly role: string; readonly per: string }[];
  readonly bulkReads: readonly { readonly name: string; readonly cmdlet: string }[];
}

export function jobView(job: Job, parameters: readonly JobParameter[]): JobView {
  return {
    schemaVersion: 1,
    name: job.name,
    summary: job.summary,
    writes: job.writes,
    parameters,
    columns: job.columns,
    cmdlets: job.cmdlets.map(({ cmdlet, role, per }) => ({ cmdlet, role, per })),
    bulkReads: job.bulk.map(({ name, cmdlet }) => ({ name, cmdlet })),
  };
}

/** For people. */
export function jobText(job: JobView): string {
  const parameters = job.parameters.map(
    ({ name, type, required, fallback, description }) =>
      `  --param ${name}=${type}  ${[description, required ? "required" : "", fallback === undefined ? "" : `default ${fallback}`].filter((text) => text !== "").join(", ")}`,
  );
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
    "columns",
    `  ${job.columns.join(", ")}`,
    "",
    `next: exosweep run ${job.name} --tenant NAME --plan-only`,
  ].join("\n");
}
