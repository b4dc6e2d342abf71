/** SendOnBehalf of the whole tenant: the service lists only the mailboxes that have delegates (`exo-protocol.md` 10.2), each with all of them. */
import type { BulkContext, CmdletReply, FoundRow, Parameters, Restarted } from "../../src/job/index.ts";
import { complete } from "../common/answers.ts";
import { type Grant, SEND_ON_BEHALF, sendOnBehalfGrants } from "./grant.ts";
import { rowsOf } from "./row.ts";

export const DELEGATE_PROPERTIES = ["ExchangeGuid", "Identity", "GrantSendOnBehalfTo"] as const;

const WITH_DELEGATES: Parameters = { Filter: "GrantSendOnBehalfTo -ne $null", ResultSize: "Unlimited" };

export async function* sendOnBehalfOfTenant(
  context: BulkContext<unknown>,
): AsyncGenerator<readonly FoundRow[] | Restarted> {
  yield* delegates(context, WITH_DELEGATES);
  // Mailboxes of Microsoft 365 groups have a listing of their own. Its rows, which are few, wait for its end: handing on its restart
  // would drop the rows of the first listing.
  if (!(await hasGroups(context))) return;
  let rows: FoundRow[] = [];
  for await (const step of delegates(context, { ...WITH_DELEGATES, GroupMailbox: true })) {
    if ("restarted" in step) rows = [];
    else rows.push(...step);
  }
  yield rows;
}

/** Delegates of one mailbox, from an answer about it. */
export function sendOnBehalfOf(reply: CmdletReply): readonly Grant[] {
  return complete(SEND_ON_BEHALF, reply).rows.flatMap((row) => sendOnBehalfGrants(row, reply));
}

async function* delegates(
  context: BulkContext<unknown>,
  parameters: Parameters,
): AsyncGenerator<readonly FoundRow[] | Restarted> {
  const pages = context.exo.pages(SEND_ON_BEHALF, parameters, { select: DELEGATE_PROPERTIES });
  let outside = 0;
  for await (const page of pages) {
    if ("restarted" in page) {
      outside = 0;
      yield page;
      continue;
    }
    const rows = await Promise.all(
      complete(SEND_ON_BEHALF, page).rows.map(async (row) => {
        const guid = row["ExchangeGuid"];
        const place = typeof guid === "string" ? await context.mailboxOf(guid) : undefined;
        if (place !== undefined)
          return rowsOf(context, place.line, place.mailbox, sendOnBehalfGrants(row, page));
        outside += 1;
        return [];
      }),
    );
    yield rows.flat();
  }
  if (outside > 0) context.count("outside-scope", outside);
}

async function hasGroups(context: BulkContext<unknown>): Promise<boolean> {
  for await (const { mailbox } of context.missing(new Set())) if (mailbox.type === "group") return true;
  return false;
}
