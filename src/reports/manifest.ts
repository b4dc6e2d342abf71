/** What lies beside an export: what is in the file, of which run, and how to tell that it is still the same file. Pure. */
import { basename } from "node:path";
import type { RunRecord } from "../journal/index.ts";
import type { Layout } from "./columns.ts";
import { completenessOf } from "./completeness.ts";
import type { AppliedRules } from "./rules/applied.ts";
import { type ExportFormat, SCHEMA_VERSION } from "./formats.ts";

/** The manifest of `audit.csv` is `audit.csv.manifest.json`. A value that survives JSON; the same run gives the same one every time. */
export type ExportManifest = {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  readonly file: string;
  readonly format: ExportFormat;
  /** Rows in the file; headers do not count. */
  readonly rows: number;
  /** Rows left out by noise rules. */
  readonly hidden: number;
  /** Rows left out because the columns cannot tell them. */
  readonly untold: number;
  readonly bytes: number;
  /** Of the file, hex. */
  readonly sha256: string;
  readonly runId: string;
  readonly job: string;
  readonly tenant: string;
  readonly tenantId: string;
  readonly state: string;
  /** True when every target of the run was answered for; `completeness` says it in words. */
  readonly complete: boolean;
  readonly completeness: string;
  readonly chainHead: string;
  /** The user's rules the findings were judged by; absent: the job's own. */
  readonly rules?: AppliedRules;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
};

export interface Written {
  readonly rows: number;
  readonly hidden: number;
  readonly untold: number;
  readonly bytes: number;
  readonly sha256: string;
}

export function exportManifest(
  path: string,
  {
    run,
    layout,
    format,
    rules,
  }: {
    readonly run: RunRecord;
    readonly layout: Layout;
    readonly format: ExportFormat;
    readonly rules: AppliedRules | undefined;
  },
  written: Written,
): ExportManifest {
  const { complete, words } = completenessOf(run);
  return {
    schemaVersion: SCHEMA_VERSION,
    file: basename(path),
    format,
    ...written,
    runId: run.id,
    job: run.job,
    tenant: run.tenant,
    tenantId: run.tenantId,
    state: run.state,
    complete,
    completeness: words,
    chainHead: run.chain.head,
    ...(rules === undefined ? {} : { rules }),
    columns: layout.columns.map(({ name, type }) => ({ name, type })),
  };
}

export function manifestPath(path: string): string {
  return `${path}.manifest.json`;
}
