/** Short names for typed values, so that a table of properties reads like one. */
import type { WireValue } from "../cmdlet.ts";

export function text(value: string | null): WireValue {
  return { type: "plain", value };
}

export function flag(value: boolean | null): WireValue {
  return { type: "plain", value };
}

export function none(): WireValue {
  return { type: "plain", value: null };
}

export function texts(value: readonly string[]): WireValue {
  return { type: "strings", value };
}

export function guid(value: string): WireValue {
  return { type: "guid", value };
}

export function date(ms: number): WireValue {
  return { type: "datetime", value: new Date(ms) };
}

export function int32(value: number): WireValue {
  return { type: "int32", value };
}

export function int64(value: bigint): WireValue {
  return { type: "int64", value };
}

/** `99 GB (106,300,440,576 bytes)` (exo-protocol.md 5.3). */
export function size(bytes: number): WireValue {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let scaled = bytes;
  let unit = 0;
  while (scaled >= 1024 && unit < units.length - 1) {
    scaled /= 1024;
    unit += 1;
  }
  const shown = Number(scaled.toPrecision(4)).toString();
  const grouped = String(Math.trunc(bytes)).replaceAll(/\B(?=(\d{3})+$)/g, ",");
  return text(`${shown} ${units[unit]} (${grouped} bytes)`);
}

export const ZERO_GUID = "00000000-0000-0000-0000-000000000000";
