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

/** What a row is: a mailbox's own setting, an action of one of its rules or of one of the tenant's, or a setting of the tenant. */
export type Kind =
  | "forwarding-address"
  | "forwarding-smtp-address"
  | "rule-forward"
  | "rule-redirect"
  | "rule-forward-as-attachment"
  | "resource-delegate"
  | "transport-rule-redirect"
  | "transport-rule-copy"
  | "transport-rule-blind-copy"
  | "transport-rule-add-recipient"
  | "outbound-policy"
  | "remote-domain";
