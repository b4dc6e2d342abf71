import { describe, expect, test } from "vitest";
import type { TrusteeClass } from "../../../jobs/permission-audit/columns.ts";
import type { Grant } from "../../../jobs/permission-audit/grant.ts";
import { type Evidence, NOISE_RULES, noiseOf } from "../../../jobs/permission-audit/noise.ts";
import type { Mailbox } from "../../../src/job/index.ts";
import { aMailbox, aPrincipal } from "../../support/perform-job.ts";

interface Facts extends Partial<Grant> {
  readonly class?: TrusteeClass;
  /** The trustee is somebody in the directory. */
  readonly known?: boolean;
  readonly mailbox?: Mailbox;
  readonly forests?: readonly string[];
}

function evidence(facts: Facts): Evidence {
  const { class: trusteeClass = "user", known = false, mailbox = aMailbox(), forests = [], ...grant } = facts;
  const right = grant.right ?? "FullAccess";
  return {
    mailbox,
    grant: {
      source: "Get-MailboxPermission",
      readAtMs: 0,
      right,
      rights: [right],
      raw: right,
      allow: true,
      inherited: false,
      trustee: "anna@contoso.com",
      sid: "",
      ...grant,
    },
    trustee: {
      class: trusteeClass,
      sid: grant.sid ?? "",
      principal: known ? aPrincipal() : undefined,
    },
    forests: new Set(forests),
  };
}

const ORPHAN = "S-1-5-21-1004336348-1177238915-682003330-512";

const ORPHAN_DOMAIN = "S-1-5-21-1004336348-1177238915-682003330";

const HIDDEN: readonly (readonly [rule: string, what: string, facts: Facts])[] = [
  ["NR1", "SELF by SID in German", { sid: "S-1-5-10", trustee: "NT-AUTORITÄT\\SELBST", class: "self" }],
  ["NR1", "SELF by SID in Japanese", { sid: "S-1-5-10", trustee: "NT AUTHORITY\\セルフ", class: "self" }],
  ["NR1", "SELF by name where the answer has no SID", { trustee: "NT AUTHORITY\\SELF", class: "self" }],
  ["NR1", "SELF as a bare SID", { trustee: "S-1-5-10", sid: "S-1-5-10", class: "self" }],
  [
    "NR1",
    "the second SELF entry, with ExternalAccount",
    {
      sid: "S-1-5-10",
      right: "ExternalAccount",
      rights: ["FullAccess", "ExternalAccount", "ReadPermission"],
      class: "self",
    },
  ],
  ["NR2", "SYSTEM", { sid: "S-1-5-18", trustee: "NT AUTHORITY\\SYSTEM", class: "system" }],
  ["NR2", "NETWORK SERVICE", { sid: "S-1-5-20", trustee: "NT AUTHORITY\\NETWORK SERVICE", class: "system" }],
  ["NR2", "NETWORK SERVICE in German", { trustee: "NT-AUTORITÄT\\Netzwerkdienst", class: "system" }],
  [
    "NR3",
    "a SendAs placeholder by SID",
    { right: "SendAs", sid: "S-1-0-0", trustee: "NULL SID", class: "system" },
  ],
  ["NR3", "a SendAs placeholder by name", { right: "SendAs", trustee: "NULL SID", class: "system" }],
  ["NR4", "forest administrators", { trustee: "EURPRD03\\Domain Admins", class: "system" }],
  ["NR4", "forest administrators, newer name", { trustee: "EURPR05A003\\Administrator", class: "system" }],
  [
    "NR4",
    "an inherited deny of them",
    { trustee: "NAMPRD08\\Enterprise Admins", allow: false, inherited: true },
  ],
  ["NR4", "forest names with three digits", { trustee: "DEUP281A001\\Organization Management" }],
  ["NR5", "forest services", { trustee: "EURPR05A003\\Exchange Trusted Subsystem", class: "system" }],
  ["NR5", "forest services in any case", { trustee: "eurprd03\\managed availability servers" }],
  [
    "NR6",
    "just-in-time support",
    { trustee: "PRDTSB01\\JitUsers", right: "ReadPermission", class: "system" },
  ],
  ["NR7", "an inherited orphan", { trustee: ORPHAN, sid: ORPHAN, inherited: true, class: "orphan-sid" }],
  [
    "NR7",
    "an unknown SID of Microsoft's forest that only reads permissions",
    { trustee: "EURPRD03\\ViewOnlyStaff", sid: ORPHAN, right: "ReadPermission", class: "system" },
  ],
  [
    "NR7",
    "a bare SID of the forest that the same answer names, that only reads permissions",
    { trustee: ORPHAN, sid: ORPHAN, right: "ReadPermission", class: "orphan-sid", forests: [ORPHAN_DOMAIN] },
  ],
  ["NR8", "an inherited entry of somebody known", { inherited: true, known: true }],
  ["NR8", "an inherited denial", { inherited: true, allow: false, known: true }],
  [
    "NR10",
    "the discovery mailbox",
    {
      mailbox: aMailbox({
        type: "other",
        name: "DiscoverySearchMailbox {D919BA05-46A6-415f-80AD-7E09334BB852}",
      }),
    },
  ],
  [
    "NR10",
    "a system mailbox",
    { mailbox: aMailbox({ name: "SystemMailbox{1f05a927-3be2-4fb9-aa03-b59fe3b56f4c}" }) },
  ],
  ["NR11", "the mailbox's own account", { class: "self", known: true }],
];

const SHOWN: readonly (readonly [rule: string, what: string, facts: Facts])[] = [
  ["NR1", "somebody called SELF in another domain", { trustee: "CONTOSO\\SELF" }],
  ["NR1", "an explicit denial of SELF", { sid: "S-1-5-10", allow: false, class: "self" }],
  ["NR1", "a right of SELF nobody has told us about", { sid: "S-1-5-10", right: "ReadMind", class: "self" }],
  ["NR2", "LOCAL SERVICE", { sid: "S-1-5-19", trustee: "NT AUTHORITY\\LOCAL SERVICE", class: "unresolved" }],
  ["NR2", "a person called SYSTEM", { trustee: "SYSTEM" }],
  ["NR3", "NULL SID with FullAccess", { sid: "S-1-0-0", trustee: "NULL SID", class: "system" }],
  ["NR4", "the customer's own administrators", { trustee: "CONTOSO\\Domain Admins" }],
  ["NR4", "a forest-like domain with another group", { trustee: "EURPRD03\\Sales" }],
  [
    "NR4",
    "an explicit denial of forest administrators",
    { trustee: "EURPRD03\\Domain Admins", allow: false },
  ],
  ["NR5", "the customer's own Exchange Servers", { trustee: "CORP\\Exchange Servers" }],
  ["NR6", "JitUsers with FullAccess", { trustee: "PRDTSB01\\JitUsers" }],
  [
    "NR6",
    "JitUsers whose entry holds more than ReadPermission",
    { trustee: "PRDTSB01\\JitUsers", right: "ReadPermission", rights: ["FullAccess", "ReadPermission"] },
  ],
  [
    "NR6",
    "JitUsers of a domain that is not support's",
    { trustee: "CONTOSO\\JitUsers", right: "ReadPermission" },
  ],
  ["NR7", "an explicit orphan", { trustee: ORPHAN, sid: ORPHAN, class: "orphan-sid" }],
  [
    "NR7",
    "an explicit orphan that only reads permissions",
    { trustee: ORPHAN, sid: ORPHAN, right: "ReadPermission", class: "orphan-sid" },
  ],
  [
    "NR7",
    "a bare SID of that forest with FullAccess",
    { trustee: ORPHAN, sid: ORPHAN, class: "orphan-sid", forests: [ORPHAN_DOMAIN] },
  ],
  ["NR8", "an explicit entry", { inherited: false }],
  ["NR8", "an inherited right nobody has told us about", { inherited: true, right: "ReadMind" }],
  ["NR10", "a person called System", { mailbox: aMailbox({ name: "SystemMailbox Anna" }) }],
  [
    "NR10",
    "an explicit orphan on a system mailbox",
    {
      trustee: ORPHAN,
      sid: ORPHAN,
      class: "orphan-sid",
      mailbox: aMailbox({ name: "SystemMailbox{1f05a927}" }),
    },
  ],
  ["NR11", "somebody else", { class: "user", known: true }],
  ["NR11", "an explicit denial of the own account", { class: "self", known: true, allow: false }],
];

test.each(HIDDEN)("%s hides %s", (rule, _what, facts) => {
  expect(noiseOf(evidence(facts))).toBe(rule);
});

test.each(SHOWN)("%s does not hide %s", (_rule, _what, facts) => {
  expect(noiseOf(evidence(facts))).toBeUndefined();
});

describe("the table of noise rules", () => {
  const ids = NOISE_RULES.map(({ id }) => id);

  test("has every rule of mailbox rows once, in order", () => {
    expect(ids).toEqual(["NR1", "NR2", "NR3", "NR4", "NR5", "NR6", "NR7", "NR8", "NR10", "NR11"]);
  });

  test.each(ids)("%s has a row it hides and one it must not", (id) => {
    expect(HIDDEN.filter(([rule]) => rule === id)).not.toEqual([]);
    expect(SHOWN.filter(([rule]) => rule === id)).not.toEqual([]);
  });
});
