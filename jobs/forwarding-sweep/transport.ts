/** Rules of the tenant's own mail flow that send mail on, whoever's it is; `peers.md` 3c, SW01. No recorded row: names are the documented ones. */
import { UnusableReply } from "../../src/job/index.ts";
import type { BulkContext, ExoRow, FoundRow, Page, Restarted } from "../../src/job/index.ts";
import { complete, textAt, textsAt } from "../common/answers.ts";
import { NO_MAILBOX, UNKNOWN, originCells } from "../common/cells.ts";
import type { Kind } from "./columns.ts";
import { Destinations } from "./destination.ts";
import { NO_SETTING, destinationCells } from "./row.ts";

export const TRANSPORT_RULES = "Get-TransportRule";

/** Actions that send mail on. */
const SENDING = {
  RedirectMessageTo: "transport-rule-redirect",
  CopyTo: "transport-rule-copy",
  BlindCopyTo: "transport-rule-blind-copy",
  AddToRecipients: "transport-rule-add-recipient",
} as const satisfies Readonly<Record<string, Kind>>;

const REDIRECT: Kind = SENDING.RedirectMessageTo;

export async function* transportRules(
  context: BulkContext<unknown>,
): AsyncGenerator<readonly FoundRow[] | Restarted> {
  const destinations = new Destinations(context);
  for await (const page of context.exo.pages(TRANSPORT_RULES, { ResultSize: "Unlimited" })) {
    if ("restarted" in page) {
      yield page;
      continue;
    }
    const rows = complete(TRANSPORT_RULES, page).rows.map((row) => rowsOf(context, destinations, row, page));
    yield (await Promise.all(rows)).flat();
  }
}

/** A row for each place a rule sends mail to. */
async function rowsOf(
  context: BulkContext<unknown>,
  destinations: Destinations,
  row: ExoRow,
  page: Page,
): Promise<readonly FoundRow[]> {
  const sends = Object.entries(SENDING).flatMap(([action, kind]) =>
    textsAt(row, action).map((target) => ({ kind, target })),
  );
  if (sends.length === 0) return [];
  const active = isActive(row, page);
  return Promise.all(
    sends.map(async ({ kind, target }): Promise<FoundRow> => ({
      about: context.line,
      row: {
        ...NO_MAILBOX,
        Kind: kind,
        RuleId: textAt(row, "Guid").toLowerCase() || textAt(row, "Identity") || UNKNOWN,
        RuleName: textAt(row, "Name") || null,
        Hidden: null,
        Active: active,
        KeepsCopy: kind !== REDIRECT,
        ...destinationCells(target, await destinations.ofText(target)),
        ...NO_SETTING,
        ...originCells(context, page, TRANSPORT_RULES),
      },
    })),
  );
}

/** A rule that is being tried out changes nothing. @throws {UnusableReply} when the answer does not say whether the rule is on */
function isActive(row: ExoRow, { requestId }: Page): boolean {
  const state = textAt(row, "State").toLowerCase();
  if (state !== "enabled" && state !== "disabled")
    throw new UnusableReply(TRANSPORT_RULES, "State is neither Enabled nor Disabled", requestId);
  const mode = textAt(row, "Mode").toLowerCase();
  return state === "enabled" && (mode === "" || mode === "enforce");
}
