/** A row of settings of the tenant itself, such as `Get-TransportConfig` has. */
import type {
  BulkContext,
  CmdletReply,
  Cmdlets,
  ExoRow,
  FoundRow,
  Page,
  Restarted,
} from "../../src/job/index.ts";
import { UnusableReply } from "../../src/job/index.ts";
import { complete, onlyRow } from "./answers.ts";

export interface TenantRow {
  readonly row: ExoRow;
  readonly answer: CmdletReply | Page;
}

/** Asks when somebody needs it first, and once. */
export function tenantRow(exo: Cmdlets, cmdlet: string): () => Promise<TenantRow> {
  let asked: Promise<TenantRow> | undefined;
  return () => (asked ??= ask(exo, cmdlet));
}

async function ask(exo: Cmdlets, cmdlet: string): Promise<TenantRow> {
  const answer = await exo.invoke(cmdlet, {});
  return { row: onlyRow(cmdlet, answer), answer };
}

/** A bulk read of such a cmdlet: the same, for a row about the tenant. */
export async function* ofTenant(
  context: BulkContext<unknown>,
  cmdlet: string,
  rowOf: (told: TenantRow) => FoundRow,
): AsyncGenerator<readonly FoundRow[] | Restarted> {
  for await (const page of context.exo.pages(cmdlet, {})) {
    if ("restarted" in page) {
      yield page;
      continue;
    }
    const { rows } = complete(cmdlet, page);
    if (rows.length > 1)
      throw new UnusableReply(cmdlet, `it has ${rows.length} rows instead of one`, page.requestId);
    yield rows.map((row) => rowOf({ row, answer: page }));
  }
}
