/** What sends mail of one mailbox on, as rows. */
import type { CmdletReply, FoundRow, Mailbox, Row, TaskContext } from "../../src/job/index.ts";
import { flagAt, onlyRow, textAt, textsAt, triStateAt } from "../common/answers.ts";
import { type Origin, mailboxCells, originCells } from "../common/cells.ts";
import { unreadCells } from "../common/groups/reach-cells.ts";
import { type Listed, type MailboxListing, asGroup } from "../common/mailbox-listing.ts";
import type { ReadRules } from "../inbox-rules/read.ts";
import { INBOX_RULES } from "../inbox-rules/rule.ts";
import type { Kind } from "./columns.ts";
import type { Destination, Destinations } from "./destination.ts";

export const LISTING: MailboxListing = {
  cmdlet: "Get-Mailbox",
  select: [
    "ExchangeGuid",
    "Identity",
    "ForwardingAddress",
    "ForwardingSmtpAddress",
    "DeliverToMailboxAndForward",
  ],
  key: "ExchangeGuid",
  parametersFor: asGroup,
};

/** Tells whom booking requests of a room go to; of mailboxes that can be booked alone. */
export const DELEGATES = "Get-CalendarProcessing";

export function isBooked(type: Mailbox["type"]): boolean {
  return type === "room" || type === "equipment";
}

/** Up to two rows: `ForwardingAddress` wins where both are set, and the other one rests. */
export async function settingRows(
  origin: Origin,
  destinations: Destinations,
  { line, mailbox, row, answer }: Listed,
): Promise<readonly FoundRow[]> {
  const name = textAt(row, "ForwardingAddress");
  const address = textAt(row, "ForwardingSmtpAddress");
  if (name === "" && address === "") return [];
  const keepsCopy = flagAt(row, "DeliverToMailboxAndForward", { cmdlet: LISTING.cmdlet, answer });
  const made = (kind: Kind, active: boolean, raw: string, destination: Destination): FoundRow => ({
    about: line,
    row: {
      ...mailboxCells(mailbox),
      ...NO_RULE,
      Kind: kind,
      Active: active,
      KeepsCopy: keepsCopy,
      ...destinationCells(raw, destination),
      ...NO_SETTING,
      ...originCells(origin, answer, LISTING.cmdlet),
    },
  });
  const found: FoundRow[] = [];
  if (name !== "") found.push(made("forwarding-address", true, name, await destinations.ofName(name)));
  if (address !== "")
    found.push(made("forwarding-smtp-address", name === "", address, await destinations.ofAddress(address)));
  return found;
}

/** A row for each place a rule sends mail to. */
export async function ruleRows(
  { line, mailbox, ...origin }: Origin & Pick<TaskContext<unknown>, "line"> & { readonly mailbox: Mailbox },
  destinations: Destinations,
  { rules, reply }: ReadRules,
): Promise<readonly FoundRow[]> {
  const rows = rules.map(async (rule) =>
    Promise.all(
      rule.sends.map(async ({ action, target }): Promise<FoundRow> => {
        const kind: Kind = `rule-${action}`;
        return {
          about: line,
          row: {
            ...mailboxCells(mailbox),
            Kind: kind,
            RuleId: rule.id,
            RuleName: rule.name || null,
            Hidden: rule.hidden,
            Active: rule.enabled,
            KeepsCopy: action !== "redirect" && !rule.deletes,
            ...destinationCells(target, await destinations.ofRuleTarget(target)),
            ...NO_SETTING,
            ...originCells(origin, reply, INBOX_RULES),
          },
        };
      }),
    ),
  );
  return (await Promise.all(rows)).flat();
}

/** Id of the group that mail goes to. */
export function groupIn(row: Row): string | undefined {
  return row["DestinationType"] === "group" && row["DestinationId"]
    ? String(row["DestinationId"])
    : undefined;
}

/** Who receives the booking requests of a room or of equipment, a row each. */
export async function delegateRows(
  { line, mailbox, ...origin }: Origin & Pick<TaskContext<unknown>, "line"> & { readonly mailbox: Mailbox },
  destinations: Destinations,
  reply: CmdletReply,
): Promise<readonly FoundRow[]> {
  const row = onlyRow(DELEGATES, reply);
  const kind: Kind = "resource-delegate";
  const active = triStateAt(row, "ForwardRequestsToDelegates", { cmdlet: DELEGATES, answer: reply }) ?? true;
  return Promise.all(
    textsAt(row, "ResourceDelegates").map(async (delegate): Promise<FoundRow> => ({
      about: line,
      row: {
        ...mailboxCells(mailbox),
        Kind: kind,
        ...NO_RULE,
        Active: active,
        KeepsCopy: true,
        ...destinationCells(delegate, await destinations.ofText(delegate)),
        ...NO_SETTING,
        ...originCells(origin, reply, DELEGATES),
      },
    })),
  );
}

const NO_RULE: Row = { RuleId: null, RuleName: null, Hidden: null };
export const NO_SETTING: Row = { Setting: null, SettingId: null };

export function destinationCells(raw: string, { address, id, name, type, scope }: Destination): Row {
  return {
    DestinationRaw: raw,
    DestinationId: id || null,
    DestinationAddress: address,
    DestinationName: name || null,
    DestinationType: type,
    DestinationScope: scope,
    ...unreadCells(type === "group"),
  };
}
