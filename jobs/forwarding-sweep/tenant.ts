/** Whether the tenant lets forwarded mail out: its outbound spam policies and its remote domains; `peers.md` 3c, SW02. */
import type { BulkContext, FoundRow, Page, Restarted, Row } from "../../src/job/index.ts";
import { complete, flagAt, textAt } from "../common/answers.ts";
import { NO_MAILBOX, UNKNOWN, originCells } from "../common/cells.ts";
import { unreadCells } from "../common/groups/reach-cells.ts";
import type { Kind } from "./columns.ts";

export const OUTBOUND_POLICIES = "Get-HostedOutboundSpamFilterPolicy";
export const REMOTE_DOMAINS = "Get-RemoteDomain";

const NOWHERE: Row = {
  RuleId: null,
  RuleName: null,
  Hidden: null,
  Active: null,
  KeepsCopy: null,
  DestinationRaw: null,
  DestinationId: null,
  DestinationAddress: null,
  DestinationName: null,
  DestinationType: null,
  DestinationScope: null,
  ...unreadCells(false),
};

export async function* outboundPolicies(
  context: BulkContext<unknown>,
): AsyncGenerator<readonly FoundRow[] | Restarted> {
  for await (const page of context.exo.pages(OUTBOUND_POLICIES, {}))
    yield "restarted" in page
      ? page
      : complete(OUTBOUND_POLICIES, page).rows.map((row) => {
          const mode = textAt(row, "AutoForwardingMode") || UNKNOWN;
          return tenantRow(context, page, "outbound-policy", {
            Setting: `AutoForwardingMode=${mode}`,
            SettingId: textAt(row, "Identity") || UNKNOWN,
          });
        });
}

export async function* remoteDomains(
  context: BulkContext<unknown>,
): AsyncGenerator<readonly FoundRow[] | Restarted> {
  for await (const page of context.exo.pages(REMOTE_DOMAINS, {}))
    yield "restarted" in page
      ? page
      : complete(REMOTE_DOMAINS, page).rows.map((row) => {
          const on = flagAt(row, "AutoForwardEnabled", { cmdlet: REMOTE_DOMAINS, answer: page });
          return tenantRow(context, page, "remote-domain", {
            Setting: `AutoForwardEnabled=${on ? "True" : "False"}`,
            SettingId: textAt(row, "DomainName") || textAt(row, "Identity") || UNKNOWN,
          });
        });
}

function tenantRow(context: BulkContext<unknown>, page: Page, kind: Kind, setting: Row): FoundRow {
  const source = kind === "outbound-policy" ? OUTBOUND_POLICIES : REMOTE_DOMAINS;
  return {
    about: context.line,
    row: { ...NO_MAILBOX, Kind: kind, ...NOWHERE, ...setting, ...originCells(context, page, source) },
  };
}
