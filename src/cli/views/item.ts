/** A target and its outcome as programs see it. */
import type { TargetStatus } from "../../journal/index.ts";
import { isoTime } from "./run.ts";

export const ITEM_COLUMNS = ["line", "kind", "label", "outcome", "rows", "reason", "requestId"] as const;

export function itemView(target: TargetStatus) {
  return {
    schemaVersion: 1,
    line: target.line,
    kind: target.kind,
    id: target.id,
    objectId: target.objectId,
    label: target.label,
    /** `pending` until it has one. */
    outcome: target.outcome ?? "pending",
    reason: target.reason ?? null,
    requestId: target.requestId ?? null,
    fingerprint: target.fingerprint ?? null,
    rows: target.rows,
    redrive: target.redrive,
    settledAt: isoTime(target.settledAtMs),
  } as const;
}
