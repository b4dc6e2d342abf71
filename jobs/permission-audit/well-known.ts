/** Trustees that are not principals of the tenant: Windows' own accounts and the groups of Microsoft's forests; `peers.md` 3a, NR1 to NR6. */

const SID = /^S-1-\d+(-\d+)+$/i;

export function isSid(text: string): boolean {
  return SID.test(text.trim());
}

/** A SID of an account or group of some domain, as opposed to a well-known one. */
export function isAccountSid(sid: string): boolean {
  return /^S-1-5-21-/i.test(sid);
}

/** `S-1-5-21-1-2-3-500` → `S-1-5-21-1-2-3`: the domain or forest an account is from. */
export function domainOf(sid: string): string {
  return sid.slice(0, sid.lastIndexOf("-")).toUpperCase();
}

export type WellKnown = "self" | "system" | "network-service" | "nobody";

const BY_SID: ReadonlyMap<string, WellKnown> = new Map([
  ["S-1-5-10", "self"],
  ["S-1-5-18", "system"],
  ["S-1-5-20", "network-service"],
  ["S-1-0-0", "nobody"],
]);

/**
 * Exchange writes these names in the language of the tenant, so the SID decides. Where an answer has none, these spellings
 * are known; a spelling that is not here is shown instead of hidden.
 */
const AUTHORITY = [
  "NT AUTHORITY",
  "NT-AUTORITÄT",
  "AUTORITE NT",
  "AUTORITÉ NT",
  "AUTORIDADE NT",
  "NT INSTANS",
  "NT-MYNDIGHET",
  "NT-MYNDIGHED",
  "ZARZĄDZANIE NT",
];
const LOCAL_NAMES: ReadonlyMap<string, WellKnown> = new Map([
  ["SELF", "self"],
  ["SELBST", "self"],
  ["SYSTEM", "system"],
  ["SYSTÈME", "system"],
  ["SISTEMA", "system"],
  ["NETWORK SERVICE", "network-service"],
  ["NETZWERKDIENST", "network-service"],
  ["SERVICE RÉSEAU", "network-service"],
  ["SERVIZIO DI RETE", "network-service"],
  ["SERVICIO DE RED", "network-service"],
]);

export function wellKnown(sid: string, text: string): WellKnown | undefined {
  if (sid !== "") return BY_SID.get(sid.toUpperCase());
  if (text.trim().toUpperCase() === "NULL SID") return "nobody";
  const [authority, name] = halves(text);
  return AUTHORITY.includes(authority) ? LOCAL_NAMES.get(name) : undefined;
}

/** Names of Microsoft's forests: EURPRD03, EURPR05A003, NAMPRD03, DEUP281A001. A customer's own domain does not look like this. */
const FOREST = /^[A-Z]{3}P(?:RD?)?\d{2,3}(?:A\d{3})?(?:\.PROD\.OUTLOOK\.COM)?$/;
const SUPPORT_FOREST = /^PRDTSB\d{2}$/;

/** `EURPRD03\Domain Admins` → `DOMAIN ADMINS`; undefined when the name is not of a Microsoft forest. */
export function forestName(text: string): string | undefined {
  const [domain, name] = halves(text);
  return FOREST.test(domain) && name !== "" ? name : undefined;
}

/** As `forestName`, for the forest of Microsoft's support staff: `PRDTSB01\JitUsers` → `JITUSERS`. */
export function supportForestName(text: string): string | undefined {
  const [domain, name] = halves(text);
  return SUPPORT_FOREST.test(domain) && name !== "" ? name : undefined;
}

/** Both sides of the first backslash, in upper case. */
function halves(text: string): readonly [string, string] {
  const place = text.indexOf("\\");
  if (place < 0) return ["", ""];
  return [
    text.slice(0, place).trim().toUpperCase(),
    text
      .slice(place + 1)
      .trim()
      .toUpperCase(),
  ];
}
