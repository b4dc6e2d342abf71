/** Finds out where forwarded mail ends: inside the tenant or outside. Never guesses: who cannot be found is `unknown`. */
import { isGone, recipientKind } from "../../src/job/index.ts";
import type { Cmdlets, Directory, ExoRow, Principal } from "../../src/job/index.ts";
import { complete, flagAt, textAt } from "../common/answers.ts";
import { UNKNOWN } from "../common/cells.ts";

export const RECIPIENTS = "Get-Recipient";
export const ACCEPTED_DOMAINS = "Get-AcceptedDomain";

export type Scope = "internal" | "external" | typeof UNKNOWN;

export interface Destination {
  readonly scope: Scope;
  /** Where the mail ends, in lower case; `unknown` when nobody could say. */
  readonly address: string;
  /** `Principal.id`; empty for a mere address, and for somebody who could not be found. */
  readonly id: string;
  readonly name: string;
  /** `address` for an address that is nobody's in the tenant, else what kind of recipient it is. */
  readonly type: Principal["type"] | "address" | typeof UNKNOWN;
}

const NOBODY: Destination = { scope: UNKNOWN, address: UNKNOWN, id: "", name: "", type: UNKNOWN };

const PROPERTIES = [
  "ExternalDirectoryObjectId",
  "Guid",
  "Identity",
  "Name",
  "DisplayName",
  "PrimarySmtpAddress",
  "ExternalEmailAddress",
  "RecipientTypeDetails",
] as const;

/** Recipients whose mail goes on to an address of their own, which may be anywhere. */
const ELSEWHERE: ReadonlySet<Principal["type"]> = new Set(["contact", "guest", "mail-user", "other"]);

/** Looks destinations up for one task or one bulk read, each question once. */
export class Destinations {
  readonly #exo: Cmdlets;
  readonly #directory: Directory;
  readonly #byIdentity = new Map<string, Promise<Destination>>();
  #domains: Promise<readonly Domain[]> | undefined;

  constructor({ exo, directory }: { readonly exo: Cmdlets; readonly directory: Directory }) {
    this.#exo = exo;
    this.#directory = directory;
  }

  /** Of a target as inbox rules write it: `"Anna" [EX:/o=ExchangeLabs/…]`, `"x@y" [SMTP:x@y]` (`exo-protocol.md` 10.13). */
  ofRuleTarget(target: string): Promise<Destination> {
    const [, kind = "", where = ""] = /\[(\w+):([^\]]*)\]\s*$/.exec(target) ?? [];
    if (/^ex$/i.test(kind)) return this.#ofIdentity(where);
    const address = /^smtp$/i.test(kind) ? where : target;
    return address.includes("@") ? this.ofAddress(address) : Promise.resolve(NOBODY);
  }

  /** @param address with or without a prefix */
  async ofAddress(address: string): Promise<Destination> {
    const bare = address
      .trim()
      .replace(/^smtp:/i, "")
      .toLowerCase();
    const found = await this.#directory.find(bare);
    const [principal, ...others] = found;
    if (principal !== undefined && others.length === 0) return this.#ofPrincipal(principal);
    return { scope: await this.#scopeOf(bare), address: bare, id: "", name: "", type: "address" };
  }

  /** Of an address, or of a recipient's Name. */
  ofText(text: string): Promise<Destination> {
    return text.includes("@") ? this.ofAddress(text) : this.ofName(text);
  }

  /** Of a recipient's Name, which is what `ForwardingAddress` holds. */
  async ofName(name: string): Promise<Destination> {
    const found = await this.#directory.find(name);
    const named = found.filter((principal) => principal.name.toLowerCase() === name.trim().toLowerCase());
    const [principal, ...others] = named.length > 0 ? named : found;
    return principal === undefined || others.length > 0 ? NOBODY : this.#ofPrincipal(principal);
  }

  #ofPrincipal(principal: Principal): Destination | Promise<Destination> {
    if (ELSEWHERE.has(principal.type)) return this.#ofIdentity(principal.id);
    return {
      scope: "internal",
      address: principal.primarySmtp.toLowerCase() || UNKNOWN,
      id: principal.id,
      name: principal.displayName || principal.name,
      type: principal.type,
    };
  }

  #ofIdentity(identity: string): Promise<Destination> {
    // A wildcard would mean many.
    if (identity === "" || identity.includes("*")) return Promise.resolve(NOBODY);
    const known = this.#byIdentity.get(identity) ?? this.#ask(identity);
    this.#byIdentity.set(identity, known);
    return known;
  }

  async #ask(identity: string): Promise<Destination> {
    try {
      const reply = await this.#exo.invoke(RECIPIENTS, { Identity: identity }, { select: PROPERTIES });
      const [row, ...others] = complete(RECIPIENTS, reply).rows;
      return row === undefined || others.length > 0 ? NOBODY : await this.#ofRow(row);
    } catch (error) {
      if (isGone(error)) return NOBODY;
      throw error;
    }
  }

  async #ofRow(row: ExoRow): Promise<Destination> {
    const external = textAt(row, "ExternalEmailAddress")
      .replace(/^smtp:/i, "")
      .toLowerCase();
    const address = external || textAt(row, "PrimarySmtpAddress").toLowerCase();
    return {
      scope: external === "" ? "internal" : await this.#scopeOf(external),
      address: address || UNKNOWN,
      id: (textAt(row, "ExternalDirectoryObjectId") || textAt(row, "Guid")).toLowerCase(),
      name: textAt(row, "DisplayName") || textAt(row, "Name"),
      type: recipientKind(textAt(row, "RecipientTypeDetails")),
    };
  }

  async #scopeOf(address: string): Promise<Scope> {
    const domain = address.slice(address.lastIndexOf("@") + 1);
    this.#domains ??= this.#askDomains();
    const isOwn = (await this.#domains).some(
      ({ name, withSubdomains }) => domain === name || (withSubdomains && domain.endsWith(`.${name}`)),
    );
    return isOwn ? "internal" : "external";
  }

  async #askDomains(): Promise<readonly Domain[]> {
    const answer = await this.#exo.invoke(ACCEPTED_DOMAINS, { ResultSize: "Unlimited" });
    return complete(ACCEPTED_DOMAINS, answer).rows.map((row) => ({
      name: textAt(row, "DomainName").toLowerCase(),
      withSubdomains: flagAt(row, "MatchSubDomains", { cmdlet: ACCEPTED_DOMAINS, answer }),
    }));
  }
}

/** A domain whose mail the tenant takes for its own. */
interface Domain {
  readonly name: string;
  readonly withSubdomains: boolean;
}
