/** What deserves a look about protocols (`peers.md` 3c, SW09), and how much. Pure. */
import type { Row } from "../../src/job/index.ts";
import { UNKNOWN } from "../common/cells.ts";
import type { Rule } from "../common/rules.ts";

export const PROTOCOLS = ["pop", "imap", "ews", "activesync"] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** Exchange Web Services end in Exchange Online on this day; until then whoever still needs them has to move. */
const EWS_ENDS = "2027-04-01";

const beforeEwsEnds = (row: Row): boolean => String(row["ReadAtUtc"]) < EWS_ENDS;

const RULES: readonly (Rule & { readonly protocol: Protocol })[] = [
  {
    protocol: "ews",
    id: "ews-on",
    severity: "high",
    why: "EWS is on, which ends on 1 April 2027 and until then opens the whole mailbox to applications",
    parameters: ["forbidden"],
    fires: (row) => row["EwsEffective"] === "on" && beforeEwsEnds(row),
  },
  {
    protocol: "pop",
    id: "pop-on",
    severity: "medium",
    why: "POP is on: an old protocol that copies mail to where nobody sees it",
    parameters: ["forbidden"],
    fires: (row) => row["Pop"] === "on",
  },
  {
    protocol: "imap",
    id: "imap-on",
    severity: "medium",
    why: "IMAP is on: an old protocol that copies mail to where nobody sees it",
    parameters: ["forbidden"],
    fires: (row) => row["Imap"] === "on",
  },
  {
    protocol: "activesync",
    id: "activesync-on",
    severity: "medium",
    why: "ActiveSync is on: devices that nobody manages can keep a copy of the mailbox",
    parameters: ["forbidden"],
    fires: (row) => row["ActiveSync"] === "on",
  },
  {
    protocol: "ews",
    id: "ews-left-on",
    severity: "medium",
    why: "EWS is still set to on after its end",
    parameters: ["forbidden"],
    fires: (row) => row["EwsEffective"] === "on" && !beforeEwsEnds(row),
  },
  {
    protocol: "ews",
    id: "ews-unset",
    severity: UNKNOWN,
    why: "neither the mailbox nor the tenant says whether EWS is on, so Microsoft's default of the day holds",
    parameters: ["forbidden"],
    fires: (row) => row["EwsEffective"] === UNKNOWN,
  },
];

export function rulesFor(forbidden: readonly Protocol[]): readonly Rule[] {
  return RULES.filter(({ protocol }) => forbidden.includes(protocol));
}
