/** What a user has decided about rules and findings, as reports need it. The file it comes from is held against the catalogue before. */
import type { Severity } from "../../job/index.ts";

export interface Rules {
  /** As it was named. */
  readonly file: string;
  /** Of the file, hex. */
  readonly sha256: string;
  /** By job. */
  readonly jobs: Readonly<Record<string, JobRules>>;
  readonly suppressions: readonly Suppression[];
  /** The day findings are judged on, in UTC: 2026-11-22. A suppression that expired before hides nothing. */
  readonly today: string;
}

export interface JobRules {
  /** In place of those the run was made with. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** By rule: another severity, or nothing at all. */
  readonly rules: Readonly<Record<string, Severity | "off">>;
}

/** A finding that somebody answers for: shown and counted as suppressed until a day. */
export interface Suppression {
  readonly job: string;
  readonly rule: string;
  /** ExchangeGuid or primary address. Absent: any. */
  readonly mailbox?: string | undefined;
  /** An id, a SID or an address. Absent: anybody. */
  readonly trustee?: string | undefined;
  readonly owner: string;
  readonly reason: string;
  /** The last day it holds, in UTC. */
  readonly expires: string;
}
