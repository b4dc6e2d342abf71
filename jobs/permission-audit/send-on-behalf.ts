/** SendOnBehalf of the whole tenant: the service lists only the mailboxes that have delegates (`exo-protocol.md` 10.2), each with all of them. */
import type {
  BulkContext,
  CmdletReply,
  FoundRow,
  Mailbox,
  Parameters,
  Restarted,
} from "../../src/job/index.ts";
import { softDeletedId } from "../../src/job/index.ts";
import { complete } from "../common/answers.ts";
import { type Grant, SEND_ON_BEHALF, sendOnBehalfGrants } from "./grant.ts";
import { rowsOf } from "./row.ts";

export const DELEGATE_PROPERTIES = ["ExchangeGuid", "Identity", "GrantSendOnBehalfTo"] as const;

/** A group without a mailbox has no ExchangeGuid. */
export const DELEGATES_OF_LIST = ["Guid", "Identity", "GrantSendOnBehalfTo"] as const;

const WITH_DELEGATES: Parameters = { Filter: "GrantSendOnBehalfTo -ne $null", ResultSize: "Unlimited" };

export async function* sendOnBehalfOfTenant(
  context: BulkContext<unknown>,
): AsyncGenerator<readonly FoundRow[] | Restarted> {
  yield* delegates(context, WITH_DELEGATES);
  // Mailboxes of Microsoft 365 groups, and deleted ones, have a listing of their own each. Its rows, which are few, wait for its end:
  // handing on its restart would drop the rows of the listing before.
  const types = await typesIn(context);
  const more: Parameters[] = [];
  if (types.has("group")) more.push({ GroupMailbox: true });
  if (types.has("soft-deleted")) more.push({ SoftDeletedMailbox: true });
  for (const chosenBy of more) {
    let rows: FoundRow[] = [];
    for await (const step of delegates(context, { ...WITH_DELEGATES, ...chosenBy })) {
      if ("restarted" in step) rows = [];
      else rows.push(...step);
    }
    yield rows;
  }
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
        const place = typeof guid === "string" ? await context.mailboxOf(keyOf(guid, parameters)) : undefined;
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

/** A deleted mailbox is another target than the one it was. */
function keyOf(guid: string, { SoftDeletedMailbox }: Parameters): string {
  return SoftDeletedMailbox === true ? softDeletedId(guid) : guid;
}

async function typesIn(context: BulkContext<unknown>): Promise<ReadonlySet<Mailbox["type"]>> {
  const types = new Set<Mailbox["type"]>();
  for await (const { mailbox } of context.missing(new Set())) types.add(mailbox.type);
  return types;
}
