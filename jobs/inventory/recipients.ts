/** Everybody with an address: mailboxes, groups, guests, contacts, deleted ones too. */
import type { CmdletReply, Directory, ExoRow, FoundRow, Page } from "../../src/job/index.ts";
import { flagAt, textAt, textsAt } from "../common/answers.ts";
import { JOINT, NO_MAILBOX, UNKNOWN, mailboxCells, type Origin } from "../common/cells.ts";
import type { Listed, MailboxListing } from "../common/mailbox-listing.ts";
import { type Told, commonOf, noiseOf, principalCells } from "./row.ts";

export const RECIPIENTS: MailboxListing = {
  cmdlet: "Get-Recipient",
  parameters: { IncludeSoftDeletedRecipients: true },
  select: [
    "Guid",
    "Identity",
    "ExternalDirectoryObjectId",
    "RecipientTypeDetails",
    "DisplayName",
    "Name",
    "Alias",
    "PrimarySmtpAddress",
    "EmailAddresses",
    "LegacyExchangeDN",
    "DistinguishedName",
    "HiddenFromAddressListsEnabled",
    "IsDirSynced",
    "WhenCreatedUTC",
    "WhenSoftDeleted",
  ],
  key: "Guid",
  parametersFor: () => ({}),
};

/** Kinds of recipients that somebody can sign in to; a group's mailbox is none. */
const WITH_ACCOUNT = /guest|mailuser|^(?!group)\w*mailbox$/i;

/** Of a mailbox; its account's part comes from the users. */
export function recipientRow(origin: Origin, { line, mailbox, row, answer }: Listed): FoundRow {
  const told = { ...recipientOf(row, answer), Guest: false };
  const cells = principalCells(origin, mailboxCells(mailbox), told, answer, RECIPIENTS.cmdlet);
  return { about: line, ...noiseOf(told), row: cells };
}

/** Of anybody else: what only users and groups tell is taken from the run's index of principals. */
export async function strangerRow(
  setting: Origin & { readonly line: number; readonly directory: Directory },
  row: ExoRow,
  answer: Page,
): Promise<FoundRow> {
  const found = await setting.directory.find(textAt(row, "Guid"));
  const [principal] = found.length === 1 ? found : [];
  const common = recipientOf(row, answer);
  const hasAccount = WITH_ACCOUNT.test(String(common.RecipientType));
  // Whoever the users told of has a SID; of an inactive mailbox they do not tell.
  const known = principal !== undefined && (principal.sid !== "" || !hasAccount) ? principal : undefined;
  const state = known === undefined ? UNKNOWN : known.disabled ? "disabled" : "enabled";
  const told: Told = {
    ...common,
    Sid: known === undefined ? UNKNOWN : known.sid || null,
    SidHistory: UNKNOWN,
    UserPrincipalName: known === undefined ? UNKNOWN : known.userPrincipalName || null,
    Account: hasAccount ? state : null,
    Guest: principal?.guest ?? /guest/i.test(String(common.RecipientType)),
  };
  const cells = principalCells(setting, NO_MAILBOX, told, answer, RECIPIENTS.cmdlet);
  return { about: setting.line, ...noiseOf(told), row: cells };
}

function recipientOf(row: ExoRow, answer: Page | CmdletReply): Told {
  const told = { cmdlet: RECIPIENTS.cmdlet, answer };
  return {
    ...commonOf(row),
    PrimarySmtp: textAt(row, "PrimarySmtpAddress") || null,
    // Their order says nothing (`exo-protocol.md` 5.3): sorted, so that another order is no change.
    Addresses: textsAt(row, "EmailAddresses").toSorted(byText).join(JOINT) || null,
    LegacyExchangeDn: textAt(row, "LegacyExchangeDN") || null,
    Alias: textAt(row, "Alias") || null,
    DirSynced: flagAt(row, "IsDirSynced", told),
    Hidden: flagAt(row, "HiddenFromAddressListsEnabled", told),
  };
}

function byText(one: string, other: string): number {
  return one < other ? -1 : 1;
}
