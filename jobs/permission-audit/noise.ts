/**
 * The noise rules of `peers.md` 3a: rows of the service's own making that hide the grants people made. A hidden row is kept and counted.
 * NR9 is about folders and has no row here.
 */
import type { Mailbox } from "../../src/job/index.ts";
import type { Grant } from "./grant.ts";
import type { Trustee } from "./trustee.ts";
import { domainOf, forestName, isAccountSid, supportForestName, wellKnown } from "./well-known.ts";

/** All that a rule may look at. */
export interface Evidence {
  readonly mailbox: Mailbox;
  readonly grant: Grant;
  readonly trustee: Trustee;
  /** Domains (`domainOf`) of the accounts that the same answer names as Microsoft's. */
  readonly forests: ReadonlySet<string>;
}

export interface NoiseRule {
  readonly id: string;
  /** For people: what the rows are. */
  readonly about: string;
  hides(evidence: Evidence): boolean;
}

const FOREST_ADMINS = ["ADMINISTRATOR", "DOMAIN ADMINS", "ENTERPRISE ADMINS", "ORGANIZATION MANAGEMENT"];
const FOREST_SERVICES = [
  "EXCHANGE SERVERS",
  "EXCHANGE TRUSTED SUBSYSTEM",
  "MANAGED AVAILABILITY SERVERS",
  "PUBLIC FOLDER MANAGEMENT",
];
const KNOWN_RIGHTS = [
  "fullaccess",
  "readpermission",
  "externalaccount",
  "changeowner",
  "changepermission",
  "deleteitem",
  "sendas",
  "sendonbehalf",
];
const SYSTEM_MAILBOX =
  /^(?:SystemMailbox|DiscoverySearchMailbox ?|HealthMailbox|Migration\.|FederatedEmail\.|SPO_Arbitration_)[{\da-f]/i;

export const NOISE_RULES: readonly NoiseRule[] = [
  {
    id: "NR1",
    about: "the mailbox's own entry, NT AUTHORITY\\SELF",
    hides: ({ grant }) => wellKnown(grant.sid, grant.trustee) === "self",
  },
  {
    id: "NR2",
    about: "SYSTEM and NETWORK SERVICE",
    hides: ({ grant }) => {
      const name = wellKnown(grant.sid, grant.trustee);
      return name === "system" || name === "network-service";
    },
  },
  {
    id: "NR3",
    about: "placeholder rows of SendAs for NULL SID",
    hides: ({ grant }) => grant.right === "SendAs" && wellKnown(grant.sid, grant.trustee) === "nobody",
  },
  {
    id: "NR4",
    about: "administrators of Microsoft's forest",
    hides: ({ grant }) => FOREST_ADMINS.includes(forestName(grant.trustee) ?? ""),
  },
  {
    id: "NR5",
    about: "services of Microsoft's forest",
    hides: ({ grant }) => FOREST_SERVICES.includes(forestName(grant.trustee) ?? ""),
  },
  {
    id: "NR6",
    about: "just-in-time access of Microsoft's support, ReadPermission only",
    hides: ({ grant }) => supportForestName(grant.trustee) === "JITUSERS" && onlyReadsPermissions(grant),
  },
  {
    id: "NR7",
    about: "unresolved SIDs that are inherited, or only read permissions from Microsoft's forest",
    hides: (evidence) => {
      const { grant, trustee } = evidence;
      if (!isAccountSid(grant.sid) || trustee.principal !== undefined) return false;
      return grant.inherited || readsForMicrosoft(evidence);
    },
  },
  {
    id: "NR8",
    about: "inherited entries, placed by the service",
    hides: ({ grant }) => grant.inherited,
  },
  {
    id: "NR10",
    about: "entries on system, arbitration and discovery mailboxes",
    hides: ({ mailbox }) => SYSTEM_MAILBOX.test(mailbox.name) || SYSTEM_MAILBOX.test(mailbox.identity),
  },
  {
    id: "NR11",
    about: "a mailbox's rights on itself",
    hides: ({ trustee }) => trustee.class === "self",
  },
];

/** Id of the first rule that hides the grant; undefined for a grant that is shown. */
export function noiseOf(evidence: Evidence): string | undefined {
  if (isNeverHidden(evidence)) return undefined;
  return NOISE_RULES.find((rule) => rule.hides(evidence))?.id;
}

/** Explicit denials, explicit orphans and rights nobody has told us about are what an audit is for. */
function isNeverHidden(evidence: Evidence): boolean {
  const { grant, trustee } = evidence;
  if (!KNOWN_RIGHTS.includes(grant.right.toLowerCase())) return true;
  if (grant.inherited) return false;
  return !grant.allow || (trustee.class === "orphan-sid" && !readsForMicrosoft(evidence));
}

/** An account of Microsoft's forest, by its name or by the company its SID keeps, that may read permissions and no more. */
function readsForMicrosoft({ grant, forests }: Evidence): boolean {
  return (
    onlyReadsPermissions(grant) &&
    (forestName(grant.trustee) !== undefined || forests.has(domainOf(grant.sid)))
  );
}

/** Domains of the accounts that these grants name as Microsoft's. */
export function forestsIn(grants: readonly Grant[]): ReadonlySet<string> {
  return new Set(
    grants
      .filter(({ sid, trustee }) => isAccountSid(sid) && forestName(trustee) !== undefined)
      .map(({ sid }) => domainOf(sid)),
  );
}

function onlyReadsPermissions(grant: Grant): boolean {
  return grant.rights.every((right) => right.toLowerCase() === "readpermission");
}
