/**
 * Properties of every mailbox from one listing of the whole tenant, in place of a call for each. A listing may miss a mailbox at a page's seam
 * or show it twice (`exo-protocol.md` 6.4), so each mailbox of the manifest counts once, and those that did not show are asked for by GUID.
 */
import { isGone } from "../../src/job/index.ts";
import type {
  BulkContext,
  BulkRead,
  CmdletReply,
  ExoRow,
  FoundRow,
  Mailbox,
  Page,
  Parameters,
  Restarted,
  TaskContext,
} from "../../src/job/index.ts";
import { complete, onlyRow, textAt } from "./answers.ts";
import { slices } from "./slices.ts";

/** Mailboxes read by GUID at once: enough to fill several batches. */
const ASKED_AT_ONCE = 200;

export interface MailboxListing {
  readonly cmdlet: string;
  /** Beside `ResultSize`. */
  readonly parameters?: Parameters;
  readonly select: readonly string[];
  /** The property that says whose row it is. */
  readonly key: "ExchangeGuid" | "Guid";
  /** What a mailbox is asked for with, when it is asked for alone; undefined for one that the cmdlet does not know. */
  readonly parametersFor: (mailbox: Mailbox) => Parameters | undefined;
}

/** A mailbox with what the listing says of it. */
export interface Listed {
  readonly line: number;
  readonly mailbox: Mailbox;
  readonly row: ExoRow;
  readonly answer: Page | CmdletReply;
}

type RowsOf = (listed: Listed) => Promise<readonly FoundRow[]>;

/** A bulk read that is nothing but a listing: several with one question become one, `docs/decisions/0016`. */
export interface ListingRead<Params> extends BulkRead<Params> {
  readonly listing: MailboxListing;
  /** What to make of a row; made anew for each reading. */
  rowsIn(context: BulkContext<Params>): RowsOf;
}

export function listingRead<Params>(
  read: Pick<ListingRead<Params>, "name" | "listing" | "wanted" | "rowsIn">,
): ListingRead<Params> {
  return {
    ...read,
    cmdlet: read.listing.cmdlet,
    perform: (context: BulkContext<Params>) => ofEveryMailbox(context, read.listing, read.rowsIn(context)),
  };
}

export function isListingRead<Params>(read: BulkRead<Params>): read is ListingRead<Params> {
  return "listing" in read;
}

/** A mailbox of a Microsoft 365 group shows only where it is asked for as one. */
export function asGroup({ type }: Pick<Mailbox, "type">): Parameters {
  return type === "group" ? { GroupMailbox: true } : {};
}

/** Groups have no client access of their own. */
export function exceptGroups({ type }: Pick<Mailbox, "type">): Parameters | undefined {
  return type === "group" ? undefined : {};
}

/** A row that is about no mailbox of the run, for jobs that have something to say about others, too. */
type StrangerOf = (row: ExoRow, answer: Page) => Promise<FoundRow | undefined>;

export async function* ofEveryMailbox(
  context: BulkContext<unknown>,
  listing: MailboxListing,
  rowsOf: RowsOf,
  strangerOf: StrangerOf = async () => undefined,
): AsyncGenerator<readonly FoundRow[] | Restarted> {
  const { cmdlet, select } = listing;
  const seen = new Set<number>();
  const strangers = new Set<string>();
  let outside = 0;
  const pages = context.exo.pages(cmdlet, { ResultSize: "Unlimited", ...listing.parameters }, { select });
  for await (const page of pages) {
    if ("restarted" in page) {
      seen.clear();
      strangers.clear();
      outside = 0;
      yield page;
      continue;
    }
    const listed = await Promise.all(
      complete(cmdlet, page).rows.map(async (row) => {
        const id = textAt(row, listing.key);
        const place = id === "" ? undefined : await context.mailboxOf(id);
        return { place, id, row, answer: page };
      }),
    );
    const fresh: Listed[] = [];
    const others: FoundRow[] = [];
    for (const { place, id, ...told } of listed) {
      if (place === undefined) {
        outside += 1;
        const row = strangers.has(id) ? undefined : await strangerOf(told.row, page);
        if (row === undefined) continue;
        strangers.add(id);
        others.push(row);
      } else if (!seen.has(place.line)) {
        seen.add(place.line);
        fresh.push({ ...place, ...told });
      }
    }
    yield [...(await Promise.all(fresh.map(rowsOf))).flat(), ...others];
  }
  if (outside > 0) context.count("outside-scope", outside);
  for await (const places of slices(context.missing(seen), ASKED_AT_ONCE)) {
    const listed = await Promise.all(places.map((place) => askedAlone(context, listing, place)));
    const found = listed.filter((one) => one !== undefined);
    yield (await Promise.all(found.map(rowsOf))).flat();
  }
}

/** The same of one mailbox, in a small run; no rows where its cmdlet does not know such mailboxes. */
export async function ofThisMailbox(
  context: TaskContext<unknown>,
  { cmdlet, select, parametersFor }: MailboxListing,
  rowsOf: RowsOf,
): Promise<readonly FoundRow[]> {
  const { line, mailbox } = context;
  const parameters = parametersFor(mailbox);
  if (!context.small || parameters === undefined) return [];
  const answer = await context.read(cmdlet, parameters, { select });
  return rowsOf({ line, mailbox, row: onlyRow(cmdlet, answer), answer });
}

async function askedAlone(
  context: BulkContext<unknown>,
  { cmdlet, select, parametersFor }: MailboxListing,
  place: Pick<Listed, "line" | "mailbox">,
): Promise<Listed | undefined> {
  const parameters = parametersFor(place.mailbox);
  if (parameters === undefined) return undefined;
  try {
    const answer = await context.readFor(place.mailbox, cmdlet, parameters, { select });
    context.count("not-listed");
    return { ...place, row: onlyRow(cmdlet, answer), answer };
  } catch (error) {
    if (!isGone(error)) throw error;
    // Deleted since the manifest was made.
    context.count("gone-before-listing");
    return undefined;
  }
}
