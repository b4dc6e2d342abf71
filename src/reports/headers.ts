/**
 * The columns of the tools people come from, filled from a permission job's rows, so that what they built on those tools goes on working.
 * `peers.md` 5. Names and words as in: Export-RecipientPermissions.ps1 (README, "Output"), Mailbox_Permissions_inventoryV2.ps1 and
 * Mailbox_Folder_Permissions_inventoryV2.ps1 (V. Michev), Find-MailboxDelegates.ps1 (Microsoft FastTrack). Pure.
 */
import type { Cell, Job, Row } from "../job/index.ts";
import type { Layout } from "./columns.ts";
import type { Delimiter } from "./csv.ts";
import { ReportError } from "./errors.ts";

export const HEADERS = ["erp", "michev", "fasttrack"] as const;
export type Headers = (typeof HEADERS)[number];

/** What that tool puts between cells, when it is not what everybody does. */
export function usualDelimiter(headers: Headers | undefined): Delimiter {
  return headers === "erp" ? ";" : ",";
}

/** One column of another tool. `undefined`: the tool has no way to write such a row, so it is left out. */
type Fill = (row: Row) => Cell | undefined;

interface ForeignTable {
  /** Columns the job must have. */
  readonly needs: readonly string[];
  readonly columns: readonly (readonly [name: string, fill: Fill])[];
}

/** What our word `unknown` is where it stands for a name or an address: these tools leave it empty. */
const UNKNOWN = "unknown";

const NEEDS = [
  "MailboxPrimarySmtp",
  "MailboxType",
  "Right",
  "Allow",
  "TrusteeRaw",
  "TrusteePrimarySmtp",
] as const;

/** RecipientType and RecipientTypeDetails by our words for mailboxes and principals (`exo-protocol.md` 10.2). */
const RECIPIENT_TYPES: Readonly<Record<string, readonly [type: string, details: string]>> = {
  user: ["UserMailbox", "UserMailbox"],
  shared: ["UserMailbox", "SharedMailbox"],
  room: ["UserMailbox", "RoomMailbox"],
  equipment: ["UserMailbox", "EquipmentMailbox"],
  scheduling: ["UserMailbox", "SchedulingMailbox"],
  "soft-deleted": ["UserMailbox", "UserMailbox"],
  "distribution-list": ["MailUniversalDistributionGroup", "MailUniversalDistributionGroup"],
  "security-group": ["MailUniversalSecurityGroup", "MailUniversalSecurityGroup"],
  "dynamic-list": ["DynamicDistributionGroup", "DynamicDistributionGroup"],
  guest: ["MailUser", "GuestMailUser"],
  "mail-user": ["MailUser", "MailUser"],
  contact: ["MailContact", "MailContact"],
};

const ERP: ForeignTable = {
  needs: [...NEEDS, "MailboxDisplayName", "Inherited", "TrusteeDisplayName", "TrusteeType"],
  columns: [
    ["Grantor Primary SMTP", living((row) => known(row["MailboxPrimarySmtp"]))],
    ["Grantor Display Name", (row) => known(row["MailboxDisplayName"])],
    ["Grantor Recipient Type", (row) => recipientType(row["MailboxType"])],
    ["Grantor Environment", () => "Cloud"],
    ["Folder", (row) => row["FolderPath"] ?? ""],
    ["Permission", (row) => row["Right"] ?? ""],
    ["Allow/Deny", (row) => (row["Allow"] === false ? "Deny" : "Allow")],
    ["Inherited", (row) => (row["Inherited"] === true ? "True" : "False")],
    // Nobody reads it; `unknown` is what it is.
    ["InheritanceType", () => UNKNOWN],
    ["Trustee Original Identity", originalIdentity],
    ["Trustee Primary SMTP", (row) => known(row["TrusteePrimarySmtp"])],
    ["Trustee Display Name", (row) => known(row["TrusteeDisplayName"])],
    ["Trustee Recipient Type", (row) => recipientType(row["TrusteeType"])],
    ["Trustee Environment", (row) => (known(row["TrusteePrimarySmtp"]) === "" ? "" : "Cloud")],
  ],
};

const MICHEV: ForeignTable = {
  needs: [...NEEDS, "TrusteeSid"],
  columns: [
    ["User", (row) => row["TrusteeRaw"] ?? ""],
    ["User Sid", (row) => known(row["TrusteeSid"])],
    ["Mailbox address", (row) => known(row["MailboxPrimarySmtp"])],
    ["Mailbox type", (row) => typeDetails(row["MailboxType"])],
    ["Is soft-deleted", (row) => (row["MailboxType"] === "soft-deleted" ? "True" : "False")],
    ["Access Rights", granted((row) => row["Right"] ?? "")],
  ],
};

const MICHEV_FOLDERS: ForeignTable = {
  needs: [...NEEDS, "FolderPath"],
  columns: [
    ["Mailbox address", (row) => known(row["MailboxPrimarySmtp"])],
    ["Mailbox type", (row) => typeDetails(row["MailboxType"])],
    ["Folder identity", (row) => row["FolderPath"] ?? ""],
    ["User", (row) => known(row["TrusteePrimarySmtp"]) || (row["TrusteeRaw"] ?? "")],
    ["Permissions", granted((row) => row["Right"] ?? "")],
    ["Permission Type", (row) => row["TrusteeClass"] ?? UNKNOWN],
  ],
};

const FASTTRACK_RIGHTS: Readonly<Record<string, string>> = {
  fullaccess: "Full Access",
  sendas: "Send As",
  sendonbehalf: "SendOnBehalfTo",
};

/** It has only grants of these rights, between two addresses. */
const FASTTRACK: ForeignTable = {
  needs: NEEDS,
  columns: [
    ["Mailbox", living((row) => known(row["MailboxPrimarySmtp"]) || undefined)],
    ["User", (row) => known(row["TrusteePrimarySmtp"]) || undefined],
    [
      "AccessRights",
      granted((row) =>
        typeof row["FolderPath"] === "string"
          ? "Calendar Folder"
          : FASTTRACK_RIGHTS[String(row["Right"]).toLowerCase()],
      ),
    ],
  ],
};

/** Whether the job's rows have what the tool's columns are filled from. */
export function canFill(headers: Headers, job: Pick<Job, "columns">): boolean {
  return lackingFor(headers, job).length === 0;
}

function lackingFor(headers: Headers, { columns }: Pick<Job, "columns">): readonly string[] {
  return tableFor(headers, columns.includes("FolderPath")).needs.filter((name) => !columns.includes(name));
}

/** @throws {ReportError} when the job's rows do not have what the tool's columns are filled from */
export function foreignLayout(headers: Headers, job: Pick<Job, "name" | "columns">): Layout {
  const { columns } = tableFor(headers, job.columns.includes("FolderPath"));
  const lacking = lackingFor(headers, job);
  if (lacking.length > 0)
    throw new ReportError(
      `Cannot write the columns of "${headers}": rows of the job "${job.name}" have no ${lacking.join(", ")}`,
      "Export them with their own columns: leave --headers out",
      { impossible: true },
    );
  return {
    columns: columns.map(([name]) => ({ name, type: "text" })),
    cells: (row) => columns.map(([, fill]) => fill(row) ?? null),
    tells: (row) => columns.every(([, fill]) => fill(row) !== undefined),
  };
}

function tableFor(headers: Headers, ofFolders: boolean): ForeignTable {
  switch (headers) {
    case "erp":
      return ERP;
    case "michev":
      return ofFolders ? MICHEV_FOLDERS : MICHEV;
    case "fasttrack":
      return FASTTRACK;
  }
}

/** Of a tool that does not say whether a right is given or denied: a denied one would read as given. */
function granted(fill: Fill): Fill {
  return (row) => (row["Allow"] === false ? undefined : fill(row));
}

/** Of a tool that knows no deleted mailbox: its rows would read as those of the living one with the address. */
function living(fill: Fill): Fill {
  return (row) => (row["MailboxType"] === "soft-deleted" ? undefined : fill(row));
}

function known(cell: Cell | undefined): string {
  return cell === null || cell === undefined || cell === UNKNOWN ? "" : String(cell);
}

function recipientType(word: Cell | undefined): string {
  return RECIPIENT_TYPES[known(word)]?.join("/") ?? known(word);
}

function typeDetails(word: Cell | undefined): string {
  return RECIPIENT_TYPES[known(word)]?.[1] ?? known(word);
}

/** A member's right by a group is told as the group, how the member was found, and the member. */
function originalIdentity(row: Row): string {
  const group = known(row["ViaGroup"]);
  const trustee = known(row["TrusteeRaw"]);
  return group === "" ? trustee : `${group}     [MemberRecurse] ${trustee}`;
}
