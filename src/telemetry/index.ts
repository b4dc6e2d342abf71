/**
 * telemetry: one typed list of events, and where they can be heard. Knows nobody; the only home of pino.
 * Promises that events carry ids and counts, never names, tokens or library errors.
 */
export type { EventName, Events } from "./events.ts";
export { type LogOptions, logEvents } from "./logger.ts";
export { Telemetry } from "./telemetry.ts";
