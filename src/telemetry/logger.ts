/** Writes events as one JSON line each. Only the fields of the typed events are logged: no error objects, so no headers, tokens or names. */
import { pino } from "pino";
import type { Telemetry } from "./telemetry.ts";

export interface LogOptions {
  /** Where lines go: a path or a file descriptor. */
  readonly to: string | number;
  readonly worker: string;
  /** Also every batch and task: for hunting a fault. */
  readonly verbose: boolean;
}

/** @returns a function that ends the logging and writes out what is buffered */
export function logEvents(telemetry: Telemetry, options: LogOptions): () => void {
  const destination = pino.destination({ dest: options.to, sync: true, mkdir: true, mode: 0o600 });
  const log = pino(
    {
      base: { worker: options.worker },
      timestamp: pino.stdTimeFunctions.isoTime,
      level: options.verbose ? "debug" : "info",
    },
    destination,
  );
  const off = [
    telemetry.on("worker:started", () => log.info("worker started")),
    telemetry.on("run:moved", ({ run, from, to, reason }) =>
      log.info({ run, from, to, reason }, "run moved"),
    ),
    telemetry.on("schedule:decided", ({ schedule, dueMs, run, state, reason }) =>
      log.info({ schedule, due: new Date(dueMs).toISOString(), run, state, reason }, "schedule was due"),
    ),
    telemetry.on("schedule:ended", ({ schedule, run, state, before }) =>
      log.info({ schedule, run, state, before }, "scheduled run is over"),
    ),
    telemetry.on("night:told", ({ schedule, run, new: came, gone, messages, cameIn, left }) =>
      log.info({ schedule, run, new: came, gone, messages, cameIn, left }, "night was told of"),
    ),
    telemetry.on("delivery:ended", ({ delivery, sink, schedule, run, state, said }) =>
      log.info({ delivery, sink, schedule, run, state, said }, "message was tried"),
    ),
    telemetry.on("gate:throttled", ({ tenant, scope, retryAfterMs, reaction }) =>
      log.info({ tenant, scope, retryAfterMs, reaction }, "throttled"),
    ),
    telemetry.on("gate:degraded", ({ tenant, degraded }) =>
      log.warn({ tenant, degraded }, degraded ? "gate without Redis" : "gate has Redis again"),
    ),
    telemetry.on("journal:failed", ({ text, advice }) => log.error({ advice }, text)),
    telemetry.on("warning", ({ text, tenant }) => log.warn({ tenant }, text)),
    telemetry.on("exo:answered", ({ tenant, calls, throttledItems, tookMs, status }) =>
      log.debug({ tenant, calls, throttledItems, tookMs, status }, "answered"),
    ),
    telemetry.on("exo:retried", ({ tenant, run, cmdlet, cause }) =>
      log.debug({ tenant, run, cmdlet, cause }, "repeated"),
    ),
    telemetry.on("task:ended", ({ run, line, outcome, tookMs }) =>
      log.debug({ run, line, outcome, tookMs }, "task ended"),
    ),
  ];
  return () => {
    for (const end of off) end();
    destination.flushSync();
    destination.end();
  };
}
