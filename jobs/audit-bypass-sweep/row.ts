/** Accounts that auditing leaves out, and what mailboxes record, as rows. */
import type { CmdletReply, Directory, ExoRow, FoundRow, Mailbox, Page, Row } from "../../src/job/index.ts";
import { flagAt, textAt, textsAt, triStateAt } from "../common/answers.ts";
import { JOINT, NO_MAILBOX, UNKNOWN, mailboxCells, originCells, type Origin } from "../common/cells.ts";
import { type Listed, type MailboxListing, asGroup, exceptGroups } from "../common/mailbox-listing.ts";

/** Tells 1,000 accounts of a tenant to whoever does not ask for all (`peers.md` 3c, SW06); a listing always does. */
export const BYPASS: MailboxListing = {
  cmdlet: "Get-MailboxAuditBypassAssociation",
  select: ["Guid", "Identity", "Name", "AuditBypassEnabled"],
  key: "Guid",
  parametersFor: exceptGroups,
};

export const SETTINGS: MailboxListing = {
  cmdlet: "Get-Mailbox",
  select: [
    "ExchangeGuid",
    "Identity",
    "AuditEnabled",
    "DefaultAuditSet",
    "AuditAdmin",
    "AuditDelegate",
    "AuditOwner",
  ],
  key: "ExchangeGuid",
  parametersFor: asGroup,
};

export const NO_ACCOUNT: Row = { AccountId: null, AccountName: null, AccountType: null };
export const NO_SETTINGS: Row = {
  Audit: null,
  DefaultAuditSet: null,
  AuditAdmin: null,
  AuditDelegate: null,
  AuditOwner: null,
};

interface Setting extends Origin {
  readonly directory: Directory;
}

/** No row for an account that is audited. */
export async function bypassRows(
  setting: Setting,
  { line, mailbox, row, answer }: Listed,
): Promise<readonly FoundRow[]> {
  if (!bypasses(row, answer)) return [];
  return [{ about: line, row: await bypassCells(setting, mailboxCells(mailbox), row, answer, mailbox) }];
}

/** An account without a mailbox, or with one that the run is not about: it can open those of others all the same. */
export async function strangerRow(
  setting: Setting & { readonly line: number },
  row: ExoRow,
  answer: Page,
): Promise<FoundRow | undefined> {
  if (!bypasses(row, answer)) return undefined;
  return { about: setting.line, row: await bypassCells(setting, NO_MAILBOX, row, answer) };
}

function bypasses(row: ExoRow, answer: Page | CmdletReply): boolean {
  return flagAt(row, "AuditBypassEnabled", { cmdlet: BYPASS.cmdlet, answer });
}

async function bypassCells(
  setting: Setting,
  mailboxPart: Row,
  row: ExoRow,
  answer: Page | CmdletReply,
  mailbox?: Mailbox,
): Promise<Row> {
  const guid = textAt(row, "Guid").toLowerCase();
  const found = mailbox === undefined ? await setting.directory.find(guid) : [];
  const [principal] = found.length === 1 ? found : [];
  const names = [
    mailbox?.userPrincipalName,
    principal?.userPrincipalName,
    principal?.displayName,
    textAt(row, "Name"),
    textAt(row, "Identity"),
  ];
  return {
    ...mailboxPart,
    Kind: "bypass",
    AccountId: guid || mailbox?.guid || UNKNOWN,
    AccountName: names.find((name) => name !== undefined && name !== "") ?? UNKNOWN,
    AccountType: mailbox?.type ?? principal?.type ?? UNKNOWN,
    ...NO_SETTINGS,
    ...originCells(setting, answer, BYPASS.cmdlet),
  };
}

export function settingRow(origin: Origin, { line, mailbox, row, answer }: Listed): FoundRow {
  const enabled = triStateAt(row, "AuditEnabled", { cmdlet: SETTINGS.cmdlet, answer });
  return {
    about: line,
    row: {
      ...mailboxCells(mailbox),
      Kind: "settings",
      ...NO_ACCOUNT,
      Audit: enabled === null ? UNKNOWN : enabled ? "on" : "off",
      DefaultAuditSet: listCell(row, "DefaultAuditSet"),
      AuditAdmin: listCell(row, "AuditAdmin"),
      AuditDelegate: listCell(row, "AuditDelegate"),
      AuditOwner: listCell(row, "AuditOwner"),
      ...originCells(origin, answer, SETTINGS.cmdlet),
    },
  };
}

/** In the order of their names, so that a list told in another order is no change. */
function listCell(row: ExoRow, name: string): string | null {
  if (row[name] === undefined) return UNKNOWN;
  const texts = textsAt(row, name).toSorted((one, other) => (one < other ? -1 : 1));
  return texts.join(JOINT) || null;
}
