/** A pretend tenant for look-ups, of any size, from a seed: mailboxes, principals, and who holds what. Its truth is worked out, not kept. */
import type { FoundRow, Row } from "../../src/job/index.ts";
import type { IndexEntry, NewTarget } from "../../src/journal/index.ts";

const RIGHTS = ["FullAccess", "SendAs", "SendOnBehalf", "ReadPermission"] as const;

export interface AccessTenantOptions {
  readonly seed: number;
  readonly mailboxes: number;
  readonly principals: number;
  readonly grants: number;
  /** Principals that hold a share of all grants, like groups of a service desk. */
  readonly hubs: number;
}

export interface PretendPrincipal {
  readonly n: number;
  readonly id: string;
  readonly sid: string;
  readonly address: string;
  readonly displayName: string;
}

export interface AccessTenant {
  readonly options: AccessTenantOptions;
  mailbox(n: number): NewTarget;
  principal(n: number): PretendPrincipal;
  entry(n: number): IndexEntry;
  /** Grants about a mailbox, by who brings them: its own task, or a bulk read. Several may say the same. */
  grants(mailbox: number): readonly PretendGrant[];
  row(mailbox: number, grant: PretendGrant): FoundRow["row"];
}

export interface PretendGrant {
  readonly principal: PretendPrincipal;
  readonly right: (typeof RIGHTS)[number];
  readonly allow: boolean;
  readonly inherited: boolean;
  readonly noise: string | undefined;
  readonly bulk: "send-as" | "send-on-behalf" | undefined;
  /** What the row knows of who it is. */
  readonly knows: "all" | "sid" | "name";
}

/** A number from 0 to below 2^32 that follows from its parts alone (xmur3 and its like). */
function mixed(...parts: readonly number[]): number {
  let hash = 0x9e3779b9;
  for (const part of parts) {
    hash = Math.imul(hash ^ part, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return hash >>> 0;
}

function guid(kind: number, n: number): string {
  return `${kind.toString(16).padStart(8, "0")}-0000-4000-8000-${n.toString(16).padStart(12, "0")}`;
}

export function accessTenant(options: AccessTenantOptions): AccessTenant {
  const { seed, mailboxes, principals, grants, hubs } = options;
  const perMailbox = grants / mailboxes;
  const principal = (n: number): PretendPrincipal => ({
    n,
    id: guid(2, n),
    sid: `S-1-5-21-3623811015-3361044348-30300820-${1_000 + n}`,
    address: `megan.bowen.${n}@contoso.com`,
    // Many are called alike.
    displayName: `Megan Bowen ${n % 1_000}`,
  });
  const tenant: AccessTenant = {
    options,
    principal,
    mailbox(n) {
      const address = `adele.vance.${n}@contoso.com`;
      const displayName = `Adele Vance ${n}`;
      return {
        kind: "mailbox",
        id: guid(1, n),
        objectId: guid(3, n),
        label: address,
        data: {
          type: "user",
          primarySmtp: address,
          displayName,
          userPrincipalName: address,
          name: displayName,
          alias: `adele.vance.${n}`,
          identity: displayName,
          distinguishedName: `CN=${displayName},OU=contoso.onmicrosoft.com,OU=Microsoft Exchange Hosted Organizations,DC=NAMP999A001,DC=PROD,DC=OUTLOOK,DC=COM`,
          guid: guid(4, n),
        },
      };
    },
    entry(n) {
      const { id, sid, address, displayName } = principal(n);
      return {
        id: `user:${id}`,
        keys: [id, sid.toLowerCase(), address, `old.${address}`, displayName.toLowerCase()],
        value: {
          id,
          sid,
          type: "user",
          displayName,
          name: `megan.bowen.${n}`,
          userPrincipalName: address,
          primarySmtp: address,
          guest: false,
          disabled: false,
          softDeleted: false,
          mailboxId: "",
        },
      };
    },
    grants(mailbox) {
      const dice = mixed(seed, mailbox);
      const count = Math.floor(perMailbox) + (dice / 2 ** 32 < perMailbox % 1 ? 1 : 0);
      return Array.from({ length: count }, (_, n) => grant(mailbox, n));
    },
    row(mailbox, { principal: who, right, allow, inherited, bulk, knows }): Row {
      const unless = (unknown: boolean, text: string): string => (unknown ? "unknown" : text);
      return {
        MailboxId: guid(1, mailbox),
        MailboxPrimarySmtp: `adele.vance.${mailbox}@contoso.com`,
        MailboxDisplayName: `Adele Vance ${mailbox}`,
        MailboxType: "user",
        Right: right,
        AccessRightsRaw: right,
        Allow: allow,
        Inherited: inherited,
        TrusteeRaw: who.address,
        TrusteeSid: unless(knows === "name", who.sid),
        TrusteeId: unless(knows !== "all", who.id),
        TrusteePrimarySmtp: unless(knows !== "all", who.address),
        TrusteeDisplayName: unless(knows !== "all", who.displayName),
        TrusteeType: unless(knows !== "all", "user"),
        TrusteeClass: knows === "all" ? "user" : knows === "sid" ? "orphan-sid" : "unresolved",
        ViaGroup: null,
        GroupPath: null,
        TenantId: "11111111-1111-4111-8111-111111111111",
        RunId: "r1",
        ReadAtUtc: "2026-08-22T10:11:12.345Z",
        Source:
          bulk === "send-as"
            ? "Get-RecipientPermission"
            : bulk === "send-on-behalf"
              ? "Get-Mailbox"
              : "Get-MailboxPermission",
      };
    },
  };

  function grant(mailbox: number, n: number): PretendGrant {
    const dice = mixed(seed, mailbox, n + 1);
    const isHub = hubs > 0 && dice % 100 < 3;
    const who = isHub ? mixed(dice, 1) % hubs : mixed(dice, 2) % principals;
    const right = RIGHTS[mixed(dice, 3) % 100 < 60 ? 0 : 1 + (mixed(dice, 4) % 3)] ?? "FullAccess";
    const odd = mixed(dice, 5) % 100;
    return {
      principal: principal(who),
      right,
      allow: odd > 2,
      inherited: odd > 90,
      noise: odd > 90 ? "NR8" : undefined,
      bulk: right === "SendAs" ? "send-as" : right === "SendOnBehalf" ? "send-on-behalf" : undefined,
      knows: odd === 50 ? "sid" : odd === 51 ? "name" : "all",
    };
  }
  return tenant;
}
