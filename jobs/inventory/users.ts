/** Accounts: who can sign in, and the SIDs that permissions name them by. */
import type { CmdletReply, ExoRow, FoundRow, Page } from "../../src/job/index.ts";
import { flagAt, textAt, textsAt, triStateAt } from "../common/answers.ts";
import { JOINT, NO_MAILBOX, UNKNOWN, mailboxCells, type Origin } from "../common/cells.ts";
import { type Listed, type MailboxListing, exceptGroups } from "../common/mailbox-listing.ts";
import { type Told, commonOf, principalCells } from "./row.ts";

export const USERS: MailboxListing = {
  cmdlet: "Get-User",
  select: [
    "Guid",
    "Identity",
    "ExternalDirectoryObjectId",
    "RecipientTypeDetails",
    "DisplayName",
    "Name",
    "DistinguishedName",
    "Sid",
    "SidHistory",
    "UserPrincipalName",
    "UserType",
    "AccountDisabled",
    "IsDirSynced",
    "WhenCreatedUTC",
    "WhenSoftDeleted",
  ],
  key: "Guid",
  parametersFor: exceptGroups,
};

/** Of a mailbox: what its recipient does not tell. */
export function userRow(origin: Origin, { line, mailbox, row, answer }: Listed): FoundRow {
  const cells = principalCells(origin, mailboxCells(mailbox), userOf(row, answer), answer, USERS.cmdlet);
  return { about: line, row: cells };
}

/** Of an account without mail; everybody else is among the recipients. */
export function accountRow(
  setting: Origin & { readonly line: number },
  row: ExoRow,
  answer: Page,
): FoundRow | undefined {
  if (!/^(disabled)?user$/i.test(textAt(row, "RecipientTypeDetails"))) return undefined;
  const told: Told = {
    ...commonOf(row),
    ...userOf(row, answer),
    PrimarySmtp: null,
    Addresses: null,
    LegacyExchangeDn: null,
    Alias: null,
    Hidden: null,
    Guest: /guest/i.test(textAt(row, "UserType")),
    DirSynced: flagAt(row, "IsDirSynced", { cmdlet: USERS.cmdlet, answer }),
  };
  return { about: setting.line, row: principalCells(setting, NO_MAILBOX, told, answer, USERS.cmdlet) };
}

function userOf(row: ExoRow, answer: Page | CmdletReply): Told {
  const disabled = triStateAt(row, "AccountDisabled", { cmdlet: USERS.cmdlet, answer });
  return {
    Guid: textAt(row, "Guid").toLowerCase() || UNKNOWN,
    Sid: textAt(row, "Sid") || null,
    SidHistory: textsAt(row, "SidHistory").join(JOINT) || null,
    UserPrincipalName: textAt(row, "UserPrincipalName") || null,
    Account: disabled === null ? UNKNOWN : disabled ? "disabled" : "enabled",
  };
}
