/** A write nobody could be sure of: what was planned, announced and seen. */
import { type Intent, isInDoubt, type Json, type TargetStatus } from "../../journal/index.ts";
import type { Doubt } from "../../runs/index.ts";
import { plain } from "../plain-text.ts";
import { isoTime } from "./run.ts";

export const DOUBT_COLUMNS = ["run", "line", "mailbox", "cmdlet", "settledAt", "reason"] as const;

interface Known extends Doubt {
  readonly intents: readonly Intent[];
  readonly history: readonly TargetStatus[];
}

export function doubtLine({ run, target }: Doubt) {
  return {
    run: run.id,
    tenant: run.tenant,
    line: target.line,
    mailbox: target.label,
    mailboxId: field(target, "mailboxId"),
    cmdlet: change(target).cmdlet,
    parameters: change(target).parameters,
    settledAt: isoTime(target.settledAtMs),
    requestId: target.requestId ?? null,
    reason: target.reason ?? null,
  } as const;
}

export function doubtView(doubt: Known) {
  return {
    schemaVersion: 1,
    ...doubtLine(doubt),
    outcome: doubt.target.outcome ?? "pending",
    intents: doubt.intents.map((intent) => ({
      n: intent.n,
      redrive: intent.redrive,
      announcedAt: isoTime(intent.atMs),
      worker: intent.worker,
      effect: intent.effect,
      digest: intent.digest,
      before: intent.before,
      end: intent.end ?? "open",
      looks: intent.looks,
    })),
    history: doubt.history.map(({ redrive, outcome, reason }) => ({
      redrive,
      outcome: outcome ?? "pending",
      reason: reason ?? null,
    })),
  } as const;
}

export function doubtText(doubt: Known): string {
  const { target } = doubt;
  const planned = change(target);
  return [
    `line ${target.line} of run ${doubt.run.id}: ${target.outcome ?? "pending"}`,
    `  mailbox   ${plain(target.label)} (${field(target, "mailboxId")})`,
    `  planned   ${plain(planned.cmdlet)} ${plain(JSON.stringify(planned.parameters))}`,
    ...(target.reason === undefined ? [] : [`  reason    ${plain(target.reason)}`]),
    ...doubt.intents.flatMap((intent) => [
      `  sent ${intent.n}    announced ${isoTime(intent.atMs) ?? ""} by ${intent.worker}: ${intent.end ?? "nobody knows yet"}`,
      `            before: ${plain(JSON.stringify(intent.before))}`,
      ...intent.looks.map((look) => `            ${lookText(look)}`),
    ]),
    ...doubt.history.map(
      ({ redrive, outcome, reason }) => `  earlier ${redrive}  ${outcome ?? ""} ${plain(reason ?? "")}`,
    ),
    ...(isInDoubt(target.outcome)
      ? [
          `  next      exosweep reconcile decide ${doubt.run.id} ${target.line} applied|not-applied|abandon --because TEXT`,
        ]
      : []),
  ].join("\n");
}

/** A look at the tenant, or a note that is kept with the looks. */
function lookText(look: Json): string {
  const fields = isFields(look) ? look : { seen: look };
  const at = isoTime(typeof fields["atMs"] === "number" ? fields["atMs"] : undefined) ?? "no time noted";
  if ("lost" in fields) return `${at}  its answer was waited for in vain`;
  if ("firstSight" in fields) return `${at}  first seen by another machine, which waits from here on`;
  const wanted = fields["wanted"] === true ? "as wanted" : "not as wanted";
  return `${at}  seen: ${plain(JSON.stringify(fields["seen"] ?? null))}, ${wanted}`;
}

function isFields(look: Json): look is { readonly [key: string]: Json } {
  return look !== null && typeof look === "object" && !Array.isArray(look);
}

function change({ data }: TargetStatus): { readonly cmdlet: string; readonly parameters: unknown } {
  const planned = data !== null && typeof data === "object" && "change" in data ? data["change"] : undefined;
  if (planned === null || typeof planned !== "object" || Array.isArray(planned) || planned === undefined)
    return { cmdlet: "", parameters: {} };
  const cmdlet = "cmdlet" in planned ? planned["cmdlet"] : undefined;
  return {
    cmdlet: typeof cmdlet === "string" ? cmdlet : "",
    parameters: "parameters" in planned ? planned["parameters"] : {},
  };
}

function field({ data }: TargetStatus, name: string): string {
  const value =
    data !== null && typeof data === "object" && !Array.isArray(data) && name in data
      ? Reflect.get(data, name)
      : undefined;
  return typeof value === "string" ? value : "";
}
