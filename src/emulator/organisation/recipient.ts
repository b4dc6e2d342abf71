/** One directory object, worked out from its number when asked for; nothing is kept. */
import { aliasOf, emailAddressesOf, primarySmtpOf, userPrincipalNameOf } from "./addressing.ts";
import { CAST } from "./census.ts";
import { type Kind, TYPE_DETAILS, hasMailbox, isDeleted, isGroup, isPerson, isRecipient } from "./kinds.ts";
import { displayNameOf, formerDisplayNameOf, hasUniqueName, nameOf, namesakeOf, twinOf } from "./naming.ts";
import type { Plan } from "./plan.ts";
import { happens } from "./random.ts";

const DAY_MS = 86_400_000;
/** Creation dates are drawn from the ten years before this day. */
const YOUNGEST_MS = Date.UTC(2026, 0, 1);

export class Recipient {
  readonly index: number;
  readonly kind: Kind;
  readonly plan: Plan;

  constructor(plan: Plan, index: number) {
    this.plan = plan;
    this.index = index;
    this.kind = plan.census.kindOf(index);
  }

  /** Another object of the same organisation. */
  sibling(index: number): Recipient {
    return new Recipient(this.plan, index);
  }

  get hasMailbox(): boolean {
    return hasMailbox(this.kind);
  }

  get isGroup(): boolean {
    return isGroup(this.kind);
  }

  get isRecipient(): boolean {
    return isRecipient(this.kind);
  }

  get isGuest(): boolean {
    return this.kind === "guest";
  }

  get typeDetails(): string {
    // The first is a group of the service itself, "Discovery Management".
    if (this.kind === "security" && this.index === this.plan.census.range("security").first)
      return "RoleGroup";
    return TYPE_DETAILS[this.kind];
  }

  get exchangeGuid(): string {
    return this.plan.ids.guid("exchange", this.index);
  }

  get guid(): string {
    return this.plan.ids.guid("directory", this.index);
  }

  /** ExternalDirectoryObjectId; the service's own mailboxes have none. */
  get objectId(): string {
    return this.kind === "system" || this.kind === "discovery"
      ? ""
      : this.plan.ids.guid("object", this.index);
  }

  /** Empty for those who can hold no right on a mailbox. */
  get sid(): string {
    return this.kind === "contact" || this.kind === "dynamic" ? "" : this.plan.ids.sid(this.index);
  }

  /** The family name in lower case; it leads back to the object. */
  get tag(): string {
    return this.plan.ids.tag(this.index);
  }

  /** 0 for the first of two whose aliases begin alike, 1 for the second. */
  get twin(): 0 | 1 | undefined {
    return twinOf(this.plan, this);
  }

  get displayName(): string {
    return displayNameOf(this.plan, this);
  }

  /** The object whose display name this one has too. */
  get sharesNameWith(): number | undefined {
    return namesakeOf(this.plan, this);
  }

  get hasUniqueName(): boolean {
    return hasUniqueName(this.plan, this);
  }

  get formerDisplayName(): string | undefined {
    return formerDisplayNameOf(this.plan, this);
  }

  get alias(): string {
    return aliasOf(this.plan, this);
  }

  /** The object's Name: what `Identity` and `Id` of its rows are. */
  get name(): string {
    return nameOf(this.plan, this, this);
  }

  /** `Identity` as a row shows it: deleted objects carry their container (exo-protocol.md 11, quirk 59). */
  get identity(): string {
    return isDeleted(this.kind) && this.plan.quirk("soft-deleted-identities")
      ? `Soft Deleted Objects\\${this.name}`
      : this.name;
  }

  get primarySmtp(): string {
    return primarySmtpOf(this.plan, this);
  }

  get userPrincipalName(): string {
    return userPrincipalNameOf(this.plan, this);
  }

  get emailAddresses(): readonly string[] {
    return emailAddressesOf(this.plan, this, this);
  }

  get legacyExchangeDN(): string {
    if (!this.isRecipient) return "";
    const cn = `${this.guid.replaceAll("-", "")}-${this.tag}`;
    return `/o=ExchangeLabs/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=${cn}`;
  }

  get samAccountName(): string {
    return this.sid === "" ? "" : `$${this.tag}-${this.guid.slice(0, 6)}`;
  }

  get distinguishedName(): string {
    const container = isDeleted(this.kind) ? "OU=Soft Deleted Objects," : "";
    const common = this.name.replaceAll(/[,+"\\<>;=]/g, String.raw`\$&`);
    return `CN=${common},${container}${this.plan.organisationDn}`;
  }

  get canonicalName(): string {
    const container = isDeleted(this.kind) ? "Soft Deleted Objects/" : "";
    const { forestDns, options } = this.plan;
    return `${forestDns}/Microsoft Exchange Hosted Organizations/${options.domain}/${container}${this.name}`;
  }

  /** Mastered on premises: the service refuses to change it. */
  get dirSynced(): boolean {
    return (
      this.index > CAST.assistant && isPerson(this.kind) && happens(this.plan.draws.origin(this.index), 80)
    );
  }

  /** The account cannot sign in: leavers, and nearly all accounts of shared mailboxes and resources. */
  get accountDisabled(): boolean {
    const draw = this.plan.draws.origin(this.index, 1);
    if (this.kind === "user" || this.kind === "account")
      return this.index > CAST.assistant && happens(draw, 30);
    if (isDeleted(this.kind)) return true;
    return this.hasMailbox && !happens(draw, 50);
  }

  get createdMs(): number {
    const { origin } = this.plan.draws;
    return YOUNGEST_MS - (origin(this.index, 2) % 3650) * DAY_MS - (this.index % 86_400) * 1000;
  }

  get changedMs(): number {
    return this.createdMs + (this.plan.draws.origin(this.index, 3) % 300) * DAY_MS;
  }
}
