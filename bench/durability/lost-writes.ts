/** Planned writes whose every first answer is lost: executed, never executed, or executed late. What the plan says in the end, beside the ledger. */
import { z } from "zod";
import type { LedgerEntry } from "../../src/emulator/index.ts";
import type { TargetStatus } from "../../src/journal/index.ts";
import { setStage } from "../stage.ts";
import { type Figure, percent } from "./figure.ts";
import { follow, startChanges, targetsOf } from "./run.ts";
import { isExecuted, isRefused, ledgerOf, mailboxesOf, sendingsOf, serviceOf } from "./witness.ts";

const CALL_MS = 50;
/** Times of the protocol, some thirty times shorter than in earnest, in the same order: a late write is late, and over before the first look. */
const SETTINGS = {
  requests: { timeoutMs: 4_000, retryDelayMs: 50 },
  writes: { settleMs: 12_000, lookGapMs: 1_000, sendByMs: 4_000 },
  limits: { writes: { failures: null, percent: 100, streak: 1_000_000, canary: 0 } },
};
const LOST = {
  lostWriteReply: 0.4,
  lostWriteRequest: 0.3,
  lateWrite: 0.3,
  lateWriteSeconds: 3,
  faultyWritesOnce: true,
};
const plannedSchema = z.object({ mailboxId: z.string(), change: z.object({ cmdlet: z.string() }) });
/** Looks that must lie between two sendings of one write. */
const LOOKS = 2;

export async function measureLostWrites(writes: number): Promise<readonly Figure[]> {
  const stage = await setStage({
    // Not every mailbox of the tenant is a target of its own.
    mailboxes: 50 + Math.ceil(writes * 1.1),
    profile: serviceOf(CALL_MS, LOST),
    workers: 2,
    settings: SETTINGS,
  });
  try {
    const changes = planOf(await mailboxesOf(stage), writes);
    const id = await startChanges(stage, changes);
    await follow(stage, id);
    const targets = await targetsOf(stage, id);
    const ledger = await ledgerOf(stage);
    const sendings = sendingsOf(ledger);
    // What the throttle refused was answered, not executed, and sent again without a doubt.
    const lost = sendings.filter((sends) => sends.find((send) => !isRefused(send))?.deliveredAtMs === null);
    const looks = Map.groupBy(
      ledger.filter(({ write, executedAtMs }) => write === undefined && executedAtMs !== null),
      ({ subject }) => subject,
    );
    const blind = sendings.filter((sends) => isBlind(sends, looks.get(sends[0]?.subject ?? null) ?? []));
    const truth = new Map(sendings.map((sends) => [nameOf(sends[0]), sends]));
    const untrue = targets.filter((target) => !isTrue(target, truth.get(nameOfTarget(target)) ?? []));
    const alone = targets.filter(
      ({ outcome }) => outcome !== "unresolved" && outcome !== "conflict" && outcome !== undefined,
    );
    return [
      { what: "writes planned", value: changes.length, unit: "writes" },
      {
        what: "whose first answer other than a refusal was lost",
        value: lost.length,
        unit: "writes",
        target: { least: changes.length },
      },
      { what: "sendings", value: sendings.flat().length, unit: "calls" },
      { what: "sent again blindly", value: blind.length, unit: "writes", target: { most: 0 } },
      {
        what: "executed twice",
        value: sendings.filter((sends) => sends.filter(isExecuted).length > 1).length,
        unit: "writes",
        target: { most: 0 },
      },
      {
        what: "settled to the truth of the ledger, or unresolved",
        value: percent(targets.length - untrue.length, changes.length),
        unit: "%",
        target: { least: 100 },
      },
      {
        what: "settled by themselves",
        value: percent(alone.length, changes.length),
        unit: "%",
        target: { least: 99 },
      },
      {
        what: "of these done",
        value: percent(targets.filter(({ outcome }) => outcome === "ok").length, changes.length),
        unit: "%",
      },
      {
        what: "problems found by verifying",
        value: (await stage.app.runs.verify(id)).problems.length,
        unit: "problems",
        target: { most: 0 },
      },
    ];
  } finally {
    await stage.end();
  }
}

/** Absolute and convergent writes in turn, one for each mailbox. */
function planOf(mailboxes: readonly string[], writes: number) {
  const [trustee = "", ...others] = mailboxes;
  if (others.length < writes) throw new Error(`Cannot plan ${writes} writes for ${others.length} mailboxes`);
  const kinds = [
    { cmdlet: "Set-Mailbox", parameters: { CustomAttribute3: "bench" } },
    { cmdlet: "Set-CASMailbox", parameters: { OWAEnabled: false } },
    { cmdlet: "Add-MailboxPermission", parameters: { User: trustee, AccessRights: ["FullAccess"] } },
  ];
  return others
    .slice(0, writes)
    .flatMap((identity, place) =>
      kinds.slice(place % 3, (place % 3) + 1).map((kind) => ({ identity, ...kind })),
    );
}

/** A later sending after one that was executed, or without looks in between. */
function isBlind(sends: readonly LedgerEntry[], looks: readonly LedgerEntry[]): boolean {
  return sends.some((send, at) => {
    const next = sends[at + 1];
    if (next === undefined || isRefused(send)) return false;
    const between = looks.filter(
      ({ arrivedAtMs }) => arrivedAtMs > send.arrivedAtMs && arrivedAtMs < next.arrivedAtMs,
    );
    return isExecuted(send) || between.length < LOOKS;
  });
}

/** Whether the outcome says what the ledger knows. */
function isTrue({ outcome }: TargetStatus, sends: readonly LedgerEntry[]): boolean {
  const executed = sends.some(isExecuted);
  if (outcome === "ok") return executed;
  if (outcome === "unresolved") return true;
  // Nothing was to be done: it was so before, and nothing was sent.
  if (outcome === "ok_no_change") return sends.length === 0;
  return outcome !== undefined && outcome !== "conflict" && !executed;
}

function nameOf(send: LedgerEntry | undefined): string {
  return `${send?.subject ?? ""} ${send?.cmdlet ?? ""}`.toLowerCase();
}

function nameOfTarget({ data }: TargetStatus): string {
  const { mailboxId, change } = plannedSchema.parse(data);
  return `${mailboxId} ${change.cmdlet}`.toLowerCase();
}
