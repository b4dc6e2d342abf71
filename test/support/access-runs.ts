/** Runs of the permission audit written straight into a journal: what look-ups are asked about. */
import { permissionAudit } from "../../jobs/permission-audit.ts";
import type { GroupMembers, GroupReach, Principal, Row } from "../../src/job/index.ts";
import type { IndexEntry, Journal, Outcome } from "../../src/journal/index.ts";
import { GroupBook } from "../../src/reports/index.ts";

export const WHOLE = { kind: "all", types: ["user", "shared", "room", "equipment"] };

export interface AuditedMailbox {
  /** ExchangeGuid. */
  readonly id: string;
  readonly address: string;
  readonly displayName?: string;
  /** `ok` when absent. */
  readonly outcome?: Outcome;
  readonly rows?: readonly Row[];
}

export interface AuditRun {
  readonly id: string;
  readonly scope?: { readonly kind: string; readonly [key: string]: unknown };
  readonly params?: { readonly [name: string]: string };
  readonly tenant?: string;
  readonly mailboxes: readonly AuditedMailbox[];
  /** What it has read of groups; absent in a run that is older than their reading. */
  readonly groups?: {
    readonly read: readonly GroupMembers[];
    readonly reach: readonly GroupReach[];
    /** `ok` when absent. */
    readonly outcome?: Outcome;
  };
  /** The run is not over, and only the first so many mailboxes have their outcome. */
  readonly settled?: number;
  readonly people?: readonly (Partial<Principal> & {
    readonly id: string;
    readonly keys?: readonly string[];
  })[];
}

/** A row of the audit: who holds what, FullAccess when nothing else is said. */
export function grant(who: Partial<Principal> & { readonly displayName: string }, more: Row = {}): Row {
  return {
    Right: "FullAccess",
    Allow: true,
    Inherited: false,
    TrusteeRaw: who.primarySmtp ?? who.displayName,
    TrusteeSid: who.sid ?? "unknown",
    TrusteeId: who.id ?? "unknown",
    TrusteePrimarySmtp: who.primarySmtp ?? "unknown",
    TrusteeDisplayName: who.displayName,
    TrusteeClass: who.type ?? "user",
    ReadAtUtc: "2026-01-01T00:00:00.000Z",
    Source: "Get-MailboxPermission",
    ...more,
  };
}

export async function recordAudit(journal: Journal, run: AuditRun): Promise<void> {
  const { id, mailboxes } = run;
  await journal.createRun({
    id,
    job: permissionAudit.name,
    tenant: run.tenant ?? "contoso",
    tenantId: run.tenant ?? "contoso",
    params: run.params ?? {},
    scope: JSON.parse(JSON.stringify(run.scope ?? WHOLE)),
    naiveCallsPerTarget: 3,
  });
  await journal.addTargets(
    id,
    mailboxes.map((mailbox) => ({
      kind: "mailbox" as const,
      id: mailbox.id,
      objectId: `object-${mailbox.id}`,
      label: mailbox.address,
      data: { primarySmtp: mailbox.address, displayName: mailbox.displayName ?? mailbox.address },
    })),
  );
  await journal.putIndex(id, (run.people ?? []).map(entryOf));
  if (run.groups !== undefined) {
    await journal.addTargets(id, [
      { kind: "bulk", id: "group-members", objectId: "", label: "group-members", data: null },
    ]);
    const book = new GroupBook(journal, id);
    for (const group of run.groups.read) await book.keep(group);
    await book.keepReach(run.groups.reach);
  }
  await journal.sealManifest(id);
  await journal.moveRun(id, ["planned"], "running");
  await Promise.all(
    mailboxes.slice(0, run.settled).map(({ outcome = "ok", rows = [] }, place) =>
      journal.settle({
        run: id,
        line: place + 1,
        attempt: place + 1,
        worker: "w1",
        outcome,
        rows: rows.map(({ noise, ...row }) => ({
          about: place + 1,
          noise: typeof noise === "string" ? noise : undefined,
          row,
        })),
        atMs: Date.now(),
      }),
    ),
  );
  if (run.settled !== undefined) return;
  const bulk = run.groups?.outcome ?? "ok";
  if (run.groups !== undefined) {
    const line = mailboxes.length + 1;
    const settled = { run: id, line, attempt: line, worker: "w1", outcome: bulk, rows: [], atMs: Date.now() };
    await journal.settle(settled);
  }
  const failed = bulk !== "ok" || mailboxes.some(({ outcome = "ok" }) => outcome !== "ok");
  await journal.moveRun(id, ["running"], failed ? "complete_with_failures" : "complete");
}

function entryOf(person: NonNullable<AuditRun["people"]>[number]): IndexEntry {
  const { keys = [], ...known } = person;
  const principal: Principal = {
    sid: "",
    type: "user",
    displayName: "",
    name: "",
    userPrincipalName: "",
    primarySmtp: "",
    guest: false,
    disabled: false,
    softDeleted: false,
    mailboxId: "",
    ...known,
  };
  const { id, sid, displayName, name, userPrincipalName, primarySmtp, mailboxId } = principal;
  const all = [id, sid, displayName, name, userPrincipalName, primarySmtp, mailboxId, ...keys];
  return {
    id: `user:${id}`,
    keys: all.filter((key) => key !== "").map((key) => key.toLowerCase()),
    value: { ...principal },
  };
}
