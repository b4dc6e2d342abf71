/** What a row of the forwarding sweep holds. */
import { LAST_COLUMNS, MAILBOX_COLUMNS } from "../common/cells.ts";
import { REACH_COLUMNS } from "../common/groups/reach-cells.ts";

export const COLUMNS = [
  ...MAILBOX_COLUMNS,
  "Kind",
  "RuleId",
  "RuleName",
  "Hidden",
  "Active",
  "KeepsCopy",
  "DestinationRaw",
  "DestinationId",
  "DestinationAddress",
  "DestinationName",
  "DestinationType",
  "DestinationScope",
  ...REACH_COLUMNS,
  "Setting",
  "SettingId",
  ...LAST_COLUMNS,
] as const;

/** What a row is: a mailbox's own setting, an action of one of its rules, or a setting of the tenant. */
export type Kind =
  | "forwarding-address"
  | "forwarding-smtp-address"
  | "rule-forward"
  | "rule-redirect"
  | "rule-forward-as-attachment"
  | "outbound-policy"
  | "remote-domain";
