/** The mobile devices of a mailbox. */
import { detail } from "./details.ts";
import { happens } from "./random.ts";
import type { Recipient } from "./recipient.ts";

export interface Device {
  readonly id: string;
  readonly name: string;
  readonly identity: string;
  readonly model: string;
  readonly system: string;
  readonly guid: string;
  /** DeviceAccessState and what it comes from. */
  readonly state: "Allowed" | "Quarantined" | "Blocked";
  readonly reason: "Global" | "Individual" | "DeviceRule";
}

const MODELS = [
  ["Outlook for iOS and Android", "iOS 18.2"],
  ["iPhone15C2", "iOS 17.5"],
  ["SM-G991B", "Android 14"],
] as const;

export function devicesOf(recipient: Recipient): Device[] {
  const draw = detail(recipient, "devices");
  const count = recipient.kind === "user" && happens(draw, 600) ? 1 + (draw % 2) : 0;
  return Array.from({ length: count }, (_, nth) => {
    const [model, system] = MODELS[(draw >>> (4 + nth)) % MODELS.length] ?? MODELS[0];
    const id = detail(recipient, "devices", 1 + nth)
      .toString(16)
      .toUpperCase()
      .padStart(8, "0")
      .repeat(4);
    const name = `Hx§Outlook§${id}`;
    return {
      id,
      name,
      identity: `${recipient.name}\\ExchangeActiveSyncDevices\\${name}`,
      model,
      system,
      guid: `${id.slice(0, 8).toLowerCase()}${recipient.guid.slice(8)}`,
      ...accessOf(detail(recipient, "devices", 5 + nth)),
    };
  });
}

function accessOf(draw: number): Pick<Device, "state" | "reason"> {
  if (happens(draw, 30)) return { state: "Quarantined", reason: "Global" };
  if (happens(draw, 50)) return { state: "Blocked", reason: "DeviceRule" };
  return { state: "Allowed", reason: happens(draw, 80) ? "Individual" : "Global" };
}
