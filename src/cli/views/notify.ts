/** Sinks, what came back of a test, and the log of messages, as the command line shows them. */
import type { Delivery } from "../../journal/index.ts";
import type { TestAnswer } from "../../notify/index.ts";
import type { SinkSettings } from "../../config.ts";

export const SINK_COLUMNS = ["name", "kind", "tell", "severity", "details", "schedules"];
export const TEST_COLUMNS = ["sink", "kind", "result", "said", "tookMs"];
export const DELIVERY_COLUMNS = ["at", "schedule", "sink", "state", "tries", "said", "title"];

export function sinkView({ name, webhook, teams, tell, severity, details, schedules }: SinkSettings) {
  return {
    schemaVersion: 1,
    name,
    kind: webhook !== undefined ? "webhook" : teams !== undefined ? "teams" : "email",
    tell: tell.join(", "),
    severity,
    details,
    schedules: schedules?.join(", ") ?? "all",
  };
}

export function testView({ sink, kind, is, said, id, tookMs }: TestAnswer) {
  return { schemaVersion: 1, sink, kind, result: is, said, id, tookMs };
}

/** `said` and `title` for people, all tries for programs. */
export function deliveryView({
  id,
  sink,
  schedule,
  run,
  state,
  tries,
  createdAtMs,
  nextAtMs,
  message,
  endedAtMs,
  reason,
}: Delivery) {
  const title: unknown = Reflect.get(Object(message), "title");
  return {
    schemaVersion: 1,
    id,
    at: iso(createdAtMs),
    schedule,
    run: run ?? null,
    sink,
    state,
    tries: tries.length,
    said: reason ?? tries.at(-1)?.said ?? "",
    next: state === "waiting" ? iso(nextAtMs) : null,
    ended: endedAtMs === undefined ? null : iso(endedAtMs),
    title: typeof title === "string" ? title : "",
    history: tries.map(({ atMs, tookMs, said }) => ({ at: iso(atMs), tookMs, said })),
    message,
  };
}

function iso(atMs: number): string {
  return new Date(atMs).toISOString();
}
