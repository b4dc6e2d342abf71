/** Reads what a reply says about pacing, and believes only what makes sense: `Retry-After` and `Rate-Limit-*` (`exo-protocol.md` 3.3, 9.2). */
import type { RateReading } from "../throttle/index.ts";
import { MAX_RETRY_AFTER_MS } from "./limits.ts";

type Headers = Readonly<Record<string, string>>;

/** Seconds, with or without a fraction, or a date, which is measured on the server's own clock where it names it. @returns `undefined` for rubbish */
export function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const value = headers["retry-after"]?.trim();
  if (value === undefined || value === "") return undefined;
  if (/^\d{1,15}(\.\d{1,9})?$/.test(value)) return bounded(Number(value) * 1_000);
  const dateMs = dateOf(value);
  if (dateMs === undefined) return undefined;
  const waitMs = dateMs - serverNow(headers, nowMs);
  // A date that is over says nothing about how long to wait.
  return waitMs < 0 ? undefined : bounded(waitMs);
}

/** @returns `undefined` unless all three headers are there and make sense */
export function rateReading(headers: Headers, nowMs: number): RateReading | undefined {
  const limit = countOf(headers["rate-limit-limit"]);
  const remaining = countOf(headers["rate-limit-remaining"]);
  const resetMs = dateOf(headers["rate-limit-reset"] ?? "");
  if (limit === undefined || limit === 0 || remaining === undefined || resetMs === undefined)
    return undefined;
  const resetInMs = resetMs - serverNow(headers, nowMs);
  if (resetInMs > MAX_RETRY_AFTER_MS) return undefined;
  return { limit, remaining: Math.min(remaining, limit), resetInMs: Math.max(0, resetInMs) };
}

function bounded(waitMs: number): number {
  return Math.min(Math.ceil(waitMs), MAX_RETRY_AFTER_MS);
}

function countOf(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,12}$/.test(value.trim()) ? Number(value) : undefined;
}

/** An HTTP date or an ISO date with its zone; nothing that a lenient parser would guess at. */
function dateOf(value: string): number | undefined {
  const http = /^[A-Za-z]{3}, \d{2} [A-Za-z]{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/;
  const iso = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;
  if (!http.test(value) && !iso.test(value)) return undefined;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? undefined : ms;
}

/** The clock the other dates of this reply were read from: the server's, by its `Date` header, else ours. */
function serverNow(headers: Headers, nowMs: number): number {
  return dateOf(headers["date"] ?? "") ?? nowMs;
}
