/** What is known of a run that was imported from a file: whose file, of when, and what such files never tell. Pure. */
import type { Access } from "../job/index.ts";
import type { Json, RunRecord } from "../journal/index.ts";

export interface Imported {
  /** The tool: `erp`, `michev`, `fasttrack`. */
  readonly as: string;
  /** Its name, without folders. */
  readonly file: string;
  readonly sha256: string;
  /** When what it says was true. */
  readonly takenAtMs: number;
  readonly limits: {
    readonly denied: boolean;
    readonly inherited: boolean;
    readonly withoutAddress: boolean;
    /** Lower case; undefined for every right there is. */
    readonly rights: readonly string[] | undefined;
  };
  /** Lines that could not be read, and named no mailbox: any mailbox may have rows that are not there. */
  readonly lostLines: number;
}

/** Undefined for a run that read the tenant itself. */
export function importedFrom({ scope }: Pick<RunRecord, "scope">): Imported | undefined {
  if (field(scope, "kind") !== "imported") return undefined;
  const limits = field(scope, "limits") ?? null;
  const rights = field(limits, "rights");
  const takenAtMs = Date.parse(text(scope, "takenAt"));
  return {
    as: text(scope, "as"),
    file: text(scope, "file"),
    sha256: text(scope, "sha256"),
    takenAtMs: Number.isNaN(takenAtMs) ? 0 : takenAtMs,
    limits: {
      denied: field(limits, "denied") === true,
      inherited: field(limits, "inherited") === true,
      withoutAddress: field(limits, "withoutAddress") === true,
      rights: Array.isArray(rights) ? rights.filter((right) => typeof right === "string") : undefined,
    },
    lostLines: Number(field(scope, "lostLines") ?? 0),
  };
}

/** Why a file of this tool would not tell of an access, even if somebody had it; undefined when it would. */
export function whyUntold({ as, limits }: Imported, access: Access): string | undefined {
  const { holder, right, allow, inherited } = access;
  const never = (what: string): string => `a file of ${as} does not tell of ${what}`;
  if (!allow && !limits.denied) return never("denied rights");
  if (inherited && !limits.inherited) return never("inherited rights");
  if (limits.rights !== undefined && !limits.rights.includes(right.toLowerCase())) return never(right);
  if (holder.id === "" && holder.sid === "" && holder.text === "") return never("accounts of the service");
  if (!limits.withoutAddress && holder.address === "") return never("holders without an address");
  return undefined;
}

function text(value: Json, name: string): string {
  const found = field(value, name);
  return typeof found === "string" ? found : "";
}

function field(value: Json, name: string): Json | undefined {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return undefined;
  return (value as { readonly [key: string]: Json })[name];
}
