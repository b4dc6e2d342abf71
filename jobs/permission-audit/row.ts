/** A grant with its mailbox and its trustee as a row of the audit. */
import type { Count, Directory, FoundRow, Mailbox, Row } from "../../src/job/index.ts";
import { unreadCells } from "../common/groups/reach-cells.ts";
import { type Column, UNKNOWN } from "./columns.ts";
import type { Grant } from "./grant.ts";
import { forestsIn, noiseOf } from "./noise.ts";
import { resolveTrustee, type Trustee } from "./trustee.ts";

/** The part of a context that making a row needs; `cells` needs the ids only. */
export interface Setting {
  readonly tenantId: string;
  readonly runId: string;
  readonly directory: Directory;
  readonly count: Count;
}

export function rowsOf(
  setting: Setting,
  about: number,
  mailbox: Mailbox,
  grants: readonly Grant[],
): Promise<readonly FoundRow[]> {
  const forests = forestsIn(grants);
  return Promise.all(
    grants.map(async (grant) => {
      const trustee = await resolveTrustee(setting.directory, setting.count, mailbox, grant);
      const noise = noiseOf({ mailbox, grant, trustee, forests });
      const row = cells(setting, mailbox, grant, trustee);
      return noise === undefined ? { about, row } : { about, noise, row };
    }),
  );
}

export function cells(
  setting: Pick<Setting, "tenantId" | "runId">,
  mailbox: Mailbox,
  grant: Grant,
  trustee: Trustee,
): Row {
  return {
    MailboxId: mailbox.id,
    MailboxPrimarySmtp: mailbox.primarySmtp || null,
    MailboxDisplayName: mailbox.displayName || null,
    MailboxType: mailbox.type,
    Right: grant.right,
    AccessRightsRaw: grant.raw || null,
    Allow: grant.allow,
    Inherited: grant.inherited,
    TrusteeRaw: grant.trustee,
    ...trusteeCells(trustee),
    TrusteeClass: trustee.class,
    ViaGroup: null,
    GroupPath: null,
    ViaGroupId: null,
    // Whose hands a group's right ends in is read last (`common/groups`), and told by the judge.
    ...unreadCells(trustee.class === "group"),
    TenantId: setting.tenantId,
    RunId: setting.runId,
    ReadAtUtc: new Date(grant.readAtMs).toISOString(),
    Source: grant.source,
  } satisfies Partial<Record<Column, Row[string]>>;
}

function trusteeCells(trustee: Trustee): Row {
  const { principal, sid } = trustee;
  if (principal !== undefined)
    return {
      TrusteeSid: sid || null,
      TrusteeId: principal.id,
      TrusteePrimarySmtp: principal.primarySmtp || null,
      TrusteeDisplayName: principal.displayName || principal.name || null,
      TrusteeType: principal.type,
    };
  // SELF and the service's own accounts have no directory object; everybody else has or had one that we do not know.
  const missing = trustee.class === "self" || trustee.class === "system" ? null : UNKNOWN;
  return {
    TrusteeSid: sid || missing,
    TrusteeId: missing,
    TrusteePrimarySmtp: missing,
    TrusteeDisplayName: missing,
    TrusteeType: missing,
  };
}
