/** The listings that together bring the targets of a scope; which cmdlet lists what is in `exo-protocol.md` 10.2 and 10.16. Pure. */
import {
  type ExoRow,
  type GrantorType,
  isGrantorType,
  type Mailbox,
  type Parameters,
  type TargetType,
} from "../job/index.ts";
import { grantorFrom, mailboxFrom, MAILBOX_PROPERTIES, typeDetails } from "./mailbox.ts";

export interface TargetListing {
  readonly cmdlet: string;
  readonly parameters: Parameters;
  readonly select: readonly string[];
  /** Undefined for a row without an id. */
  readonly targetIn: (row: ExoRow) => Mailbox | undefined;
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
