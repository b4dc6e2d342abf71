/** A principal as a row: what one source does not tell is `unknown` until the other one does. */
import type { CmdletReply, ExoRow, Page, Row } from "../../src/job/index.ts";
import { textAt } from "../common/answers.ts";
import { type Origin, UNKNOWN, originCells } from "../common/cells.ts";

export const PRINCIPAL_COLUMNS = [
  "RecipientType",
  "DisplayName",
  "Guid",
  "ObjectId",
  "Sid",
  "SidHistory",
  "UserPrincipalName",
  "PrimarySmtp",
  "Addresses",
  "LegacyExchangeDn",
  "Alias",
  "Name",
  "Account",
  "Guest",
  "SoftDeleted",
  "DirSynced",
  "Hidden",
  "WhenCreatedUtc",
] as const;

/** Noise rule: mailboxes that Exchange keeps for itself (`peers.md` 3a, A0). */
export const SYSTEM = "IN1";

const SYSTEM_TYPES =
  /^(discovery|arbitration|auditlog|auxauditlog|monitoring|supervisoryreviewpolicy|system|legacyarchivejournal)\w*mailbox$/i;

/** What one source tells of a principal; columns that are missing are not told. */
export type Told = Partial<Record<(typeof PRINCIPAL_COLUMNS)[number], Row[string]>>;

export function principalCells(
  origin: Origin,
  mailboxPart: Row,
  told: Told,
  answer: Page | CmdletReply,
  source: string,
): Row {
  const cells = Object.fromEntries(
    PRINCIPAL_COLUMNS.map((column) => [column, told[column] ?? missing(told, column)]),
  );
  return { ...mailboxPart, ...cells, ...originCells(origin, answer, source) };
}

function missing(told: Told, column: (typeof PRINCIPAL_COLUMNS)[number]): Row[string] {
  return column in told ? null : UNKNOWN;
}

/** The noise rule of a row, where it has one. */
export function noiseOf(told: Told): { readonly noise?: string } {
  return SYSTEM_TYPES.test(String(told.RecipientType)) ? { noise: SYSTEM } : {};
}

/** What every source has of an object. */
export function commonOf(row: ExoRow): Told {
  return {
    RecipientType: textAt(row, "RecipientTypeDetails") || null,
    DisplayName: textAt(row, "DisplayName") || null,
    Guid: textAt(row, "Guid").toLowerCase() || UNKNOWN,
    ObjectId: textAt(row, "ExternalDirectoryObjectId").toLowerCase() || null,
    Name: textAt(row, "Name") || null,
    SoftDeleted: isSoftDeleted(row),
    WhenCreatedUtc: momentOf(textAt(row, "WhenCreatedUTC")),
  };
}

/** It lies in a container of that name (`exo-protocol.md` 10.2). */
function isSoftDeleted(row: ExoRow): boolean {
  return (
    textAt(row, "WhenSoftDeleted") !== "" ||
    textAt(row, "DistinguishedName").includes("OU=Soft Deleted Objects")
  );
}

function momentOf(text: string): string | null {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return text === "" ? null : UNKNOWN;
  return new Date(ms).toISOString();
}
