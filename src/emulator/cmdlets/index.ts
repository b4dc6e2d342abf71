/** The cmdlets of the pretend service: each answers with typed rows or a failure in Exchange's words, from the organisation's model. */
import type { Cmdlet } from "../cmdlet.ts";
import type { Model } from "../organisation/model.ts";
import { getMailboxAuditBypassAssociation, setMailboxAuditBypassAssociation } from "./audit-bypass.ts";
import { getCalendarProcessing, setCalendarProcessing } from "./calendar-processing.ts";
import { getCasMailbox } from "./cas-mailbox.ts";
import { type Definition, defineCmdlet } from "./define.ts";
import { getMailboxFolderPermission, getMailboxFolderStatistics } from "./folder-cmdlets.ts";
import { getMailboxAutoReplyConfiguration } from "./get-auto-reply.ts";
import { getGroup } from "./get-group.ts";
import { getInboxRule } from "./get-inbox-rule.ts";
import { getMailbox } from "./get-mailbox.ts";
import { getMailboxPermission } from "./get-mailbox-permission.ts";
import { getMailboxStatistics } from "./get-mailbox-statistics.ts";
import { getQuarantineMessage } from "./get-quarantine-message.ts";
import { getRecipient } from "./get-recipient.ts";
import { getRecipientPermission } from "./get-recipient-permission.ts";
import { getUser } from "./get-user.ts";
import {
  getDistributionGroup,
  getDistributionGroupMember,
  getDynamicDistributionGroup,
  getDynamicDistributionGroupMember,
  getRoleGroupMember,
  getUnifiedGroup,
  getUnifiedGroupLinks,
} from "./groups.ts";
import { getMobileDevice, getMobileDeviceStatistics } from "./mobile-devices.ts";
import {
  getAcceptedDomain,
  getHostedOutboundSpamFilterPolicy,
  getMigrationBatch,
  getOrganizationConfig,
  getRemoteDomain,
  getTransportConfig,
  getTransportRule,
} from "./organisation-cmdlets.ts";
import {
  getMailboxRegionalConfiguration,
  setMailboxRegionalConfiguration,
} from "./regional-configuration.ts";
import { setMailboxAutoReplyConfiguration } from "./set-auto-reply.ts";
import { setCasMailbox } from "./set-cas-mailbox.ts";
import { setMailbox } from "./set-mailbox.ts";
import { startManagedFolderAssistant } from "./start-managed-folder-assistant.ts";
import {
  addMailboxFolderPermission,
  removeMailboxFolderPermission,
  setMailboxFolderPermission,
} from "./write-folder-permission.ts";
import { addDistributionGroupMember, removeDistributionGroupMember } from "./write-group-member.ts";
import { disableInboxRule, enableInboxRule, newInboxRule, removeInboxRule } from "./write-inbox-rule.ts";
import { addMailboxPermission, removeMailboxPermission } from "./write-mailbox-permission.ts";
import { addRecipientPermission, removeRecipientPermission } from "./write-recipient-permission.ts";

export { objectFacts } from "./object-facts.ts";

const DEFINITIONS: readonly Definition[] = [
  addDistributionGroupMember,
  addMailboxFolderPermission,
  addMailboxPermission,
  addRecipientPermission,
  disableInboxRule,
  enableInboxRule,
  getAcceptedDomain,
  getCalendarProcessing,
  getCasMailbox,
  getDistributionGroup,
  getDistributionGroupMember,
  getDynamicDistributionGroup,
  getDynamicDistributionGroupMember,
  getGroup,
  getHostedOutboundSpamFilterPolicy,
  getInboxRule,
  getMailbox,
  getMailboxAuditBypassAssociation,
  getMailboxAutoReplyConfiguration,
  getMailboxFolderPermission,
  getMailboxFolderStatistics,
  getMailboxPermission,
  getMailboxRegionalConfiguration,
  getMailboxStatistics,
  getMigrationBatch,
  getMobileDevice,
  getMobileDeviceStatistics,
  getOrganizationConfig,
  getQuarantineMessage,
  getRecipient,
  getRecipientPermission,
  getRemoteDomain,
  getRoleGroupMember,
  getTransportConfig,
  getTransportRule,
  getUnifiedGroup,
  getUnifiedGroupLinks,
  getUser,
  newInboxRule,
  removeDistributionGroupMember,
  removeInboxRule,
  removeMailboxFolderPermission,
  removeMailboxPermission,
  removeRecipientPermission,
  setCalendarProcessing,
  setCasMailbox,
  setMailbox,
  setMailboxAuditBypassAssociation,
  setMailboxAutoReplyConfiguration,
  setMailboxFolderPermission,
  setMailboxRegionalConfiguration,
  startManagedFolderAssistant,
];

/** All cmdlets by lower-case name. */
export function createCmdlets(model: Model): ReadonlyMap<string, Cmdlet> {
  return new Map(
    DEFINITIONS.map((definition) => [definition.name.toLowerCase(), defineCmdlet(model, definition)]),
  );
}
