/** The listings that together bring the targets of a scope; which cmdlet lists what is in `exo-protocol.md` 10.2 and 10.16. Pure. */
import {
  type ExoRow,
  type GrantorType,
  isGrantorType,
  isList,
  type Mailbox,
  type Parameters,
  type TargetType,
} from "../job/index.ts";
import { grantorFrom, mailboxFrom, MAILBOX_PROPERTIES, NAMED_PROPERTIES, typeDetails } from "./mailbox.ts";

/** What finds a target by a name it has. */
export interface NameSource {
  readonly cmdlet: string;
  readonly select: readonly string[];
  /** Undefined for a row without an id. */
  readonly targetIn: (row: ExoRow) => Mailbox | undefined;
}

export interface TargetListing extends NameSource {
  readonly parameters: Parameters;
}

/** Groups have no ExchangeGuid and nobody signs in as one. */
const LIST_PROPERTIES = [
  "Guid",
  "ExternalDirectoryObjectId",
  "RecipientTypeDetails",
  "PrimarySmtpAddress",
  "DisplayName",
  "Name",
  "Alias",
  "Identity",
  "DistinguishedName",
  "EmailAddresses",
] as const;

const MAILBOXES = "Get-Mailbox";
const LISTS = "Get-DistributionGroup";
const DYNAMIC_LISTS = "Get-DynamicDistributionGroup";

const GRANTORS: Readonly<
  Record<GrantorType, Omit<TargetListing, "parameters" | "targetIn"> & { readonly chosenBy: Parameters }>
> = {
  "distribution-list": {
    cmdlet: LISTS,
    chosenBy: {
      RecipientTypeDetails: ["MailUniversalDistributionGroup", "MailNonUniversalGroup", "RoomList"],
    },
    select: LIST_PROPERTIES,
  },
  "security-group": {
    cmdlet: LISTS,
    chosenBy: { RecipientTypeDetails: ["MailUniversalSecurityGroup"] },
    select: LIST_PROPERTIES,
  },
  "dynamic-list": { cmdlet: DYNAMIC_LISTS, chosenBy: {}, select: LIST_PROPERTIES },
  "soft-deleted": {
    cmdlet: MAILBOXES,
    chosenBy: { SoftDeletedMailbox: true },
    select: MAILBOX_PROPERTIES,
  },
};

/** @param opath all must pass; undefined: no filter */
export function targetListings(
  types: readonly TargetType[],
  opath: string | undefined,
): readonly TargetListing[] {
  const common: Parameters = {
    ResultSize: "Unlimited",
    ...(opath === undefined ? {} : { Filter: opath }),
  };
  const mailboxes = (chosenBy: Parameters): TargetListing => ({
    cmdlet: MAILBOXES,
    parameters: { ...common, ...chosenBy },
    select: MAILBOX_PROPERTIES,
    targetIn: mailboxFrom,
  });
  const plain = types.filter((type) => type !== "group" && !isGrantorType(type));
  return [
    ...(plain.length > 0 ? [mailboxes({ RecipientTypeDetails: typeDetails(plain) })] : []),
    // Mailboxes of Microsoft 365 groups have a listing of their own.
    ...(types.includes("group") ? [mailboxes({ GroupMailbox: true })] : []),
    ...types.filter(isGrantorType).map((type) => {
      const { cmdlet, chosenBy, select } = GRANTORS[type];
      const targetIn = (row: ExoRow): Mailbox | undefined => grantorFrom(row, type);
      return { cmdlet, parameters: { ...common, ...chosenBy }, select, targetIn };
    }),
  ];
}

/** The cmdlet that lists targets of a type. */
export function listingOf(type: Mailbox["type"]): string {
  return isGrantorType(type) ? GRANTORS[type].cmdlet : MAILBOXES;
}

export const MAILBOXES_BY_NAME: NameSource = {
  cmdlet: MAILBOXES,
  select: NAMED_PROPERTIES,
  targetIn: mailboxFrom,
};

/** For what a list of names means beside mailboxes. A deleted mailbox is not meant by a name: the address may be another's by now. */
export function listsByName(grantors: readonly GrantorType[] = []): readonly NameSource[] {
  const kindOf = (row: ExoRow): GrantorType =>
    row["RecipientTypeDetails"] === "MailUniversalSecurityGroup" ? "security-group" : "distribution-list";
  const sources: readonly NameSource[] = [
    { cmdlet: LISTS, select: LIST_PROPERTIES, targetIn: (row) => grantorFrom(row, kindOf(row)) },
    { cmdlet: DYNAMIC_LISTS, select: LIST_PROPERTIES, targetIn: (row) => grantorFrom(row, "dynamic-list") },
  ];
  return grantors.some(isList) ? sources : [];
}
