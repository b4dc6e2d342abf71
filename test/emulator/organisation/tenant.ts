/** A tenant without a server around it: asks cmdlets and reads their rows as plain objects. */
import type {
  CmdletAnswer,
  CmdletFailure,
  Organisation,
  OrganisationOptions,
  WireRow,
  WireValue,
} from "../../../src/emulator/cmdlet.ts";
import { createOrganisation } from "../../../src/emulator/organisation/index.ts";

export type Value = WireValue["value"];
export type PlainRow = Readonly<Record<string, Value>>;

export interface Asked {
  readonly rows: readonly PlainRow[];
  readonly warnings: readonly string[];
  readonly errors: readonly string[];
  readonly failure: CmdletFailure | undefined;
}

export interface Moment {
  readonly nowMs?: number;
  readonly connectionId?: string;
  readonly select?: readonly string[];
  readonly pageRows?: number;
}

export interface Tenant {
  readonly organisation: Organisation;
  answer(cmdlet: string, parameters?: Readonly<Record<string, unknown>>, moment?: Moment): CmdletAnswer;
  /** Reads a listing to its end. */
  ask(cmdlet: string, parameters?: Readonly<Record<string, unknown>>, moment?: Moment): Asked;
}

export function tenant(options: Partial<OrganisationOptions> = {}): Tenant {
  const organisation = createOrganisation({
    tenantId: "5e0c0f6e-0000-4000-8000-000000000001",
    domain: "contoso.onmicrosoft.com",
    mailboxes: 300,
    seed: 7,
    ...options,
  });
  const answer: Tenant["answer"] = (cmdlet, parameters = {}, moment = {}) => {
    const found = organisation.cmdlets.get(cmdlet.toLowerCase());
    if (found === undefined) throw new Error(`Cannot ask for ${cmdlet}: there is no such cmdlet`);
    const { nowMs = 0, connectionId, select } = moment;
    return found.run({
      parameters: new Map(Object.entries(parameters).map(([name, value]) => [name.toLowerCase(), value])),
      spelling: new Map(Object.keys(parameters).map((name) => [name.toLowerCase(), name])),
      nowMs,
      connectionId,
      ...(select && { select: new Set(select.map((name) => name.toLowerCase())) }),
    });
  };
  return {
    organisation,
    answer,
    ask(cmdlet, parameters, moment) {
      const given = answer(cmdlet, parameters, moment);
      if (given.kind === "failure") return { rows: [], warnings: [], errors: [], failure: given.failure };
      const warnings = given.warnings ?? [];
      if (given.kind === "nothing") return { rows: [], warnings, errors: [], failure: undefined };
      const rows: PlainRow[] = [];
      let from: string | undefined;
      do {
        const page = given.source.read(from, moment?.pageRows ?? 1000);
        rows.push(...page.rows.map(plain));
        from = page.next;
      } while (from !== undefined);
      return { rows, warnings, errors: given.errors ?? [], failure: undefined };
    },
  };
}

export function plain(row: WireRow): PlainRow {
  return Object.fromEntries(row.map(([name, { value }]) => [name, value]));
}

/** A value as text; nothing is empty. */
export function textOf(value: Value | undefined): string {
  return value === undefined || value === null ? "" : String(value);
}

/** A value as a list; a single value is a list of one. */
export function listOf(value: Value | undefined): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [textOf(value)];
}
