/** What deserves a look about forwarding (`peers.md` 3c, SW01 and SW02), and how much. Pure. */
import type { GroupReach, Judge, Reaches, Row, RuleFacts } from "../../src/job/index.ts";
import { UNKNOWN } from "../common/cells.ts";
import { withReach } from "../common/groups/reach-cells.ts";
import { type Rule, findingsOf } from "../common/rules.ts";
import { groupIn } from "./row.ts";

export interface Policy {
  /** Domains outside the tenant that mail may be forwarded to, in lower case. */
  readonly allowedDomains: readonly string[];
}

/** What only the other rows can tell. */
interface Known extends Policy {
  /** Some outbound policy lets mail be forwarded out by itself. */
  readonly letOut: boolean;
}

export const POLICY_ON = "AutoForwardingMode=On";
export const DOMAIN_ON = "AutoForwardEnabled=True";

export function rulesFor({ allowedDomains, letOut }: Known): readonly Rule[] {
  const isAllowed = (row: Row): boolean => {
    const address = String(row["DestinationAddress"]);
    return allowedDomains.includes(address.slice(address.lastIndexOf("@") + 1));
  };
  const leaves = (row: Row): boolean => row["DestinationScope"] === "external" && !isAllowed(row);
  return [
    {
      id: "external-forwarding",
      severity: "critical",
      why: "mail leaves the tenant by itself, past every control of who may read it",
      parameters: ["allowedDomains"],
      fires: (row) => row["Active"] === true && leaves(row),
    },
    {
      id: "hidden-forwarding",
      severity: "critical",
      why: "a rule that its owner cannot see sends mail on, which is how intruders stay informed",
      fires: (row) => row["Hidden"] === true && row["DestinationScope"] !== null,
    },
    {
      id: "external-forwarding-by-group",
      severity: "critical",
      why: "mail goes to a group with guests or contacts in it, who read it outside the tenant",
      fires: (row, reach) => row["Active"] === true && isGroup(row) && outsidersIn(reach) > 0,
    },
    {
      id: "auto-forwarding-allowed",
      severity: "high",
      why: "an outbound policy lets mail be forwarded out of the tenant by itself",
      fires: (row) => row["Kind"] === "outbound-policy" && row["Setting"] === POLICY_ON,
    },
    {
      id: "remote-domain-allows-forwarding",
      severity: "high",
      why: "forwarding to this domain is let through, and an outbound policy lets it out",
      fires: (row) => letOut && row["Kind"] === "remote-domain" && row["Setting"] === DOMAIN_ON,
    },
    {
      id: "external-forwarding-at-rest",
      severity: "medium",
      why: "mail would leave the tenant as soon as the setting takes effect",
      parameters: ["allowedDomains"],
      fires: (row) => row["Active"] === false && leaves(row),
    },
    {
      id: "destination-unknown",
      severity: UNKNOWN,
      why: "where the mail goes could not be found out",
      fires: (row) => row["DestinationScope"] === UNKNOWN,
    },
    {
      id: "forwarding-to-group",
      severity: UNKNOWN,
      why: "not all who receive the mail are known: the group may have members outside the tenant",
      fires: (row, reach) => isGroup(row) && (reach === undefined || reach.gap !== undefined),
    },
    {
      id: "allowed-forwarding",
      severity: "info",
      why: "mail leaves the tenant, to a domain that was named as allowed",
      parameters: ["allowedDomains"],
      fires: (row) => row["DestinationScope"] === "external" && isAllowed(row),
    },
    {
      id: "internal-forwarding",
      severity: "info",
      why: "somebody else in the tenant receives this mail",
      fires: (row) => row["DestinationScope"] === "internal",
    },
  ];
}

const isGroup = (row: Row): boolean => row["DestinationType"] === "group";

function outsidersIn(reach: GroupReach | undefined): number {
  return reach === undefined ? 0 : reach.guests + (reach.contacts ?? 0);
}

export function forwardingJudge(policy: Policy, reaches: Reaches = new Map()): Judge {
  let letOut = false;
  let rules: readonly Rule[] | undefined;
  return {
    observe(rows) {
      letOut ||= rows.some(({ row }) => row["Kind"] === "outbound-policy" && row["Setting"] === POLICY_ON);
    },
    report(rows) {
      const all = (rules ??= rulesFor({ ...policy, letOut }));
      return rows.map((found) => {
        const { row, reach } = withReach(found.row, groupIn(found.row), reaches);
        return { ...found, row, findings: findingsOf(all, row, reach) };
      });
    },
  };
}

export const RULES: readonly RuleFacts[] = rulesFor({ allowedDomains: [], letOut: false });
