/** One tenant of the emulator: its credentials, its grants, its organisation and its limits. */
import { X509Certificate } from "node:crypto";
import type { Organisation, OrganisationOptions } from "./cmdlet.ts";
import { guidOf, hexOf } from "./random.ts";
import type { DirectoryRole } from "./roles.ts";
import { Throttle } from "./throttle/throttle.ts";

/** What a client needs to sign in to a tenant. */
export interface TenantAccess {
  readonly tenantId: string;
  /** Initial onmicrosoft.com domain. */
  readonly domain: string;
  readonly clientId: string;
  readonly secret: string;
  /** Of the certificates and thumbprints the app is registered with; SHA-256 or SHA-1, upper-case hex. */
  readonly thumbprints: readonly string[];
  readonly mailboxes: number;
}

/** What an app may do. `appRoles` as in the token's `roles` claim. */
export interface Grants {
  readonly appRoles: readonly string[];
  readonly directoryRoles: readonly DirectoryRole[];
}

const COMPANIES = [
  "contoso",
  "fabrikam",
  "adatum",
  "northwind",
  "woodgrove",
  "litware",
  "proseware",
  "tailspin",
];

export class Tenant {
  readonly access: TenantAccess;
  readonly organisation: Organisation;
  readonly throttle: Throttle;
  readonly certificates: readonly X509Certificate[];
  /** A domain of the tenant that is not the initial one: first pages work under it, continuations do not (`exo-protocol.md` 1.1). */
  readonly vanityDomain: string;
  #grants: Grants;
  #grantedAtMs = 0;
  #before: Grants;

  constructor(
    index: number,
    options: {
      readonly seed: number;
      readonly mailboxes: number;
      readonly legacy: boolean;
      readonly grants: Grants;
      readonly certificates: readonly string[];
      readonly thumbprints: readonly string[];
    } & Pick<OrganisationOptions, "quirk" | "writeLagMs" | "staleMs">,
    createOrganisation: (options: OrganisationOptions) => Organisation,
  ) {
    const label = `tenant/${index}`;
    const company = COMPANIES[index % COMPANIES.length] ?? "contoso";
    const name = `${company}${hexOf(`${label}/domain`, 4, options.seed)}`;
    this.certificates = options.certificates.map((pem) => new X509Certificate(pem));
    const fingerprints = this.certificates.map((certificate) => certificate.fingerprint256);
    this.access = {
      tenantId: guidOf(label, options.seed),
      domain: `${name}.onmicrosoft.com`,
      clientId: guidOf(`${label}/app`, options.seed),
      secret: `emu8Q~${hexOf(`${label}/secret`, 34, options.seed)}`,
      thumbprints: [...fingerprints, ...options.thumbprints].map((print) =>
        print.replaceAll(":", "").toUpperCase(),
      ),
      mailboxes: options.mailboxes,
    };
    this.vanityDomain = `${name}.example`;
    this.throttle = new Throttle(options.seed + index);
    this.#grants = options.grants;
    this.#before = options.grants;
    this.organisation = createOrganisation({
      tenantId: this.access.tenantId,
      domain: this.access.domain,
      mailboxes: options.mailboxes,
      seed: options.seed + index,
      legacy: options.legacy,
      ...(options.quirk && { quirk: options.quirk }),
      ...(options.writeLagMs && { writeLagMs: options.writeLagMs }),
      ...(options.staleMs && { staleMs: options.staleMs }),
    });
  }

  /** Gives the app other rights; they show in tokens made after `propagationMs`. */
  grant(grants: Grants, nowMs: number): void {
    this.#before = this.#grants;
    this.#grants = grants;
    this.#grantedAtMs = nowMs;
  }

  /** The rights a token made now would carry. */
  grants(nowMs: number, propagationMs: number): Grants {
    return nowMs - this.#grantedAtMs < propagationMs ? this.#before : this.#grants;
  }
}
