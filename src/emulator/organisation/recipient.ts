/** One directory object, worked out from its number when asked for; nothing is kept. */
import { type Kind, CAST } from "./census.ts";
import { capital } from "./display-names.ts";
import type { Plan } from "./plan.ts";
import { happens } from "./random.ts";

const MAILBOX_KINDS: ReadonlySet<Kind> = new Set([
  "user",
  "shared",
  "room",
  "equipment",
  "scheduling",
  "discovery",
  "system",
  "group-mailbox",
  "soft-deleted",
  "inactive",
]);
const GROUP_KINDS: ReadonlySet<Kind> = new Set(["distribution", "mail-security", "dynamic", "security"]);
const PEOPLE: ReadonlySet<Kind> = new Set([
  "user",
  "soft-deleted",
  "inactive",
  "mail-user",
  "contact",
  "account",
]);

const TYPE_DETAILS: Readonly<Record<Kind, string>> = {
  user: "UserMailbox",
  shared: "SharedMailbox",
  room: "RoomMailbox",
  equipment: "EquipmentMailbox",
  scheduling: "SchedulingMailbox",
  discovery: "DiscoveryMailbox",
  system: "ArbitrationMailbox",
  "group-mailbox": "GroupMailbox",
  "soft-deleted": "UserMailbox",
  inactive: "UserMailbox",
  guest: "GuestMailUser",
  "mail-user": "MailUser",
  contact: "MailContact",
  distribution: "MailUniversalDistributionGroup",
  "mail-security": "MailUniversalSecurityGroup",
  dynamic: "DynamicDistributionGroup",
  security: "UniversalSecurityGroup",
  account: "User",
};

/** The two that give each other's rows: `gosho` and `Gosho2` (exo-protocol.md 10.1). */
const TWIN_ALIASES = ["gosho", "Gosho2"] as const;

const DISCOVERY_MANAGEMENT = "Discovery Management";

const DAY_MS = 86_400_000;
/** Creation dates are drawn from the ten years before this day. */
const YOUNGEST_MS = Date.UTC(2026, 0, 1);

export class Recipient {
  readonly index: number;
  readonly kind: Kind;
  readonly #plan: Plan;

  constructor(plan: Plan, index: number) {
    this.#plan = plan;
    this.index = index;
    this.kind = plan.census.kindOf(index);
  }

  get plan(): Plan {
    return this.#plan;
  }

  /** Another object of the same organisation. */
  sibling(index: number): Recipient {
    return new Recipient(this.#plan, index);
  }

  get hasMailbox(): boolean {
    return MAILBOX_KINDS.has(this.kind);
  }

  get isGroup(): boolean {
    return GROUP_KINDS.has(this.kind);
  }

  /** Mail-enabled: it has addresses. */
  get isRecipient(): boolean {
    return this.kind !== "security" && this.kind !== "account";
  }

  get isGuest(): boolean {
    return this.kind === "guest";
  }

  /** The role group that may open the discovery search mailbox. */
  get isDiscoveryManagement(): boolean {
    return this.kind === "security" && this.index === this.#plan.census.range("security").first;
  }

  get typeDetails(): string {
    return TYPE_DETAILS[this.kind];
  }

  get exchangeGuid(): string {
    return this.#plan.ids.guid("exchange", this.index);
  }

  get guid(): string {
    return this.#plan.ids.guid("directory", this.index);
  }

  /** ExternalDirectoryObjectId; system mailboxes have none. */
  get objectId(): string {
    return this.kind === "system" || this.kind === "discovery"
      ? ""
      : this.#plan.ids.guid("object", this.index);
  }

  /** Empty for contacts, who cannot sign in anywhere. */
  get sid(): string {
    return this.kind === "contact" || this.kind === "dynamic" ? "" : this.#plan.ids.sid(this.index);
  }

  /** The family name in lower case; it leads back to the object. */
  get tag(): string {
    return this.#plan.ids.tag(this.index);
  }

  /** 1 for the second of two mailboxes whose names begin alike, 0 for the first. */
  get twin(): 0 | 1 | undefined {
    if (!this.#plan.quirk("twin-identities")) return undefined;
    const { first, end } = this.#plan.census.mailboxes;
    const beginsAt = this.index - CAST.twin;
    const isUser = (index: number): boolean =>
      index >= first && index < end && this.#plan.census.kindOf(index) === "user";
    if (beginsAt % 1000 === 0 && isUser(this.index) && isUser(this.index + 1)) return 0;
    return (beginsAt - 1) % 1000 === 0 && isUser(this.index) && isUser(this.index - 1) ? 1 : undefined;
  }

  get displayName(): string {
    if (this.index === CAST.executive) return "Chief Executive Officer";
    if (this.kind === "discovery") return "Discovery Search Mailbox";
    if (this.isDiscoveryManagement) return DISCOVERY_MANAGEMENT;
    const namesake = this.sharesNameWith;
    const index = namesake ?? this.index;
    return this.#plan.displayNames.of(index, this.#plan.census.kindOf(index), this.#plan.ids.tag(index));
  }

  /** The neighbour whose display name this mailbox has too; one mailbox of a hundred. */
  get sharesNameWith(): number | undefined {
    return this.index > CAST.assistant &&
      this.index < this.#plan.census.mailboxes.end &&
      this.index % 97 === 42
      ? this.index - 1
      : undefined;
  }

  /** True when no other object has the same display name. */
  get hasUniqueName(): boolean {
    const next = this.index + 1;
    const copied = next % 97 === 42 && next < this.#plan.census.mailboxes.end;
    return this.sharesNameWith === undefined && !copied;
  }

  /** What the object was called before; one mailbox of fifty was renamed, and Get-RecipientPermission does not know it. */
  get formerDisplayName(): string | undefined {
    const renamed = this.index > CAST.assistant && this.index % 50 === 11;
    if (!renamed || !this.hasMailbox || !this.#plan.quirk("renamed-recipients")) return undefined;
    return `${capital(this.#plan.displayNames.givenName(this.index))} ${capital(this.#plan.ids.formerTag(this.index))}`;
  }

  /** Left side of the primary address, in lower case. */
  get localPart(): string {
    if (this.index === CAST.executive) return `ceo.${this.tag}`;
    if (this.index === CAST.hub) return `svc-backup.${this.tag}`;
    if (this.kind === "discovery") return "discoverysearchmailbox{d919ba05-46a6-415f-80ad-7e09334bb852}";
    const twin = this.twin;
    if (twin !== undefined) return this.#twinAlias(twin).toLowerCase();
    const style = this.#plan.draws.address(this.index) % 100;
    if (!PEOPLE.has(this.kind)) return style < 50 ? this.tag : `${this.kind.slice(0, 4)}.${this.tag}`;
    if (style < 2) return `o'${this.tag}`;
    if (style < 3) return `r&d.${this.tag}`;
    const given = this.#plan.displayNames.givenName(this.index);
    if (style < 60) return `${given}.${this.tag}`;
    return style < 80 ? `${given.charAt(0)}${this.tag}` : `${this.tag}.${given.charAt(0)}`;
  }

  get alias(): string {
    const twin = this.twin;
    if (twin !== undefined) return this.#twinAlias(twin);
    return this.localPart.replaceAll(/[{}]/g, "");
  }

  /** The object's Name: `Identity` and `Id` of its rows. The object id for half of all, an alias or a name for the rest. */
  get name(): string {
    if (this.twin !== undefined || this.kind === "discovery") return this.alias;
    if (this.isDiscoveryManagement) return DISCOVERY_MANAGEMENT;
    const style = this.#plan.draws.name(this.index) % 100;
    if (this.kind === "system") return `SystemMailbox{${this.guid}}`;
    if (style < 50 && this.objectId !== "") return this.objectId;
    if (style < 85) return this.alias;
    if (style < 86 && this.#plan.quirk("hostile-names")) return `${capital(this.tag)}\nCNF:${this.guid}`;
    if (style < 88 && this.#plan.quirk("hostile-names")) return `${capital(this.tag)} | a 'b' & c`;
    return this.hasUniqueName ? this.displayName.trim().slice(0, 64) : this.alias;
  }

  /** `Identity` as a row shows it; deleted objects carry their container (exo-protocol.md 11, quirk 59). */
  get identity(): string {
    return this.kind === "soft-deleted" && this.#plan.quirk("soft-deleted-identities")
      ? `Soft Deleted Objects\\${this.name}`
      : this.name;
  }

  /** Host part of the primary address. */
  get mailDomain(): string {
    const style = this.#plan.draws.domain(this.index) % 100;
    if (this.kind === "system" || this.kind === "discovery" || style < 8) return this.#plan.domains.initial;
    if (style < 12) return this.#plan.domains.international;
    return style < 30 ? this.#plan.domains.second : this.#plan.domains.main;
  }

  /** With the casing it was stored in. Empty for objects without mail. */
  get primarySmtp(): string {
    if (!this.isRecipient) return "";
    if (this.isGuest || this.kind === "contact") return `${this.localPart}@partner.example`;
    const address = `${this.localPart}@${this.mailDomain}`;
    const shouting =
      happens(this.#plan.draws.address(this.index, 1), 120) && this.#plan.quirk("stored-casing");
    return shouting
      ? address.replaceAll(
          /(^|[.@])([a-z])/g,
          (_, before: string, letter: string) => before + letter.toUpperCase(),
        )
      : address;
  }

  get userPrincipalName(): string {
    const { initial } = this.#plan.domains;
    if (this.kind === "contact" || this.isGroup) return "";
    if (this.isGuest) return `${this.localPart}_partner.example#EXT#@${initial}`;
    if (this.kind === "account") return `${this.localPart}@${this.mailDomain}`;
    return happens(this.#plan.draws.address(this.index, 2), 50)
      ? `${this.localPart}@${initial}`
      : this.primarySmtp;
  }

  /** All proxy addresses with their prefixes; the primary is the upper-case one, and not always the first. */
  get emailAddresses(): readonly string[] {
    if (!this.isRecipient) return [];
    const local = this.localPart;
    const addresses = [`SMTP:${this.primarySmtp}`];
    const routing = `${local}@${this.#plan.domains.initial}`;
    if (routing !== this.primarySmtp.toLowerCase()) addresses.unshift(`smtp:${routing}`);
    if (happens(this.#plan.draws.address(this.index, 3), 300))
      addresses.push(`smtp:old.${this.tag}@${this.#plan.domains.second}`);
    if (this.kind === "user") {
      addresses.unshift(`SIP:${this.primarySmtp.toLowerCase()}`);
      addresses.push(`SPO:SPO_${this.guid}@SPO_${this.#plan.options.tenantId}`);
    }
    if (this.dirSynced) addresses.push(`x500:/o=ExchangeOnPrem/ou=First/cn=Recipients/cn=${this.tag}`);
    return addresses;
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
    const container = this.kind === "soft-deleted" ? "OU=Soft Deleted Objects," : "";
    const common = this.name.replaceAll(/[,+"\\<>;=]/g, String.raw`\$&`);
    return `CN=${common},${container}${this.#plan.organisationDn}`;
  }

  get canonicalName(): string {
    const container = this.kind === "soft-deleted" ? "Soft Deleted Objects/" : "";
    return `${this.#plan.forestDns}/Microsoft Exchange Hosted Organizations/${this.#plan.options.domain}/${container}${this.name}`;
  }

  /** Mastered on premises: the service refuses to change it. */
  get dirSynced(): boolean {
    return (
      this.index > CAST.assistant && PEOPLE.has(this.kind) && happens(this.#plan.draws.origin(this.index), 80)
    );
  }

  /** The account cannot sign in: leavers, and nearly all accounts of shared mailboxes and resources. */
  get accountDisabled(): boolean {
    const draw = this.#plan.draws.origin(this.index, 1);
    if (this.kind === "user" || this.kind === "account")
      return this.index > CAST.assistant && happens(draw, 30);
    if (this.kind === "soft-deleted" || this.kind === "inactive") return true;
    return this.kind !== "guest" && this.kind !== "mail-user" && this.hasMailbox && !happens(draw, 50);
  }

  get createdMs(): number {
    return (
      YOUNGEST_MS - (this.#plan.draws.origin(this.index, 2) % 3650) * DAY_MS - (this.index % 86_400) * 1000
    );
  }

  get changedMs(): number {
    return this.createdMs + (this.#plan.draws.origin(this.index, 3) % 300) * DAY_MS;
  }

  #twinAlias(twin: 0 | 1): string {
    if (this.index - twin === CAST.twin) return TWIN_ALIASES[twin];
    const first = this.#plan.ids.tag(this.index - twin);
    return twin === 0 ? first : `${capital(first)}2`;
  }
}
