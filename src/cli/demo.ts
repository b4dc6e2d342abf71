/** The demo: an embedded Redis, an emulator, worker processes and one audit. */
import type { Session } from "./session.ts";
import { UsageError } from "./usage.ts";

export interface DemoOptions {
  readonly mailboxes?: number;
  /** Name of an emulator profile. */
  readonly throttle?: string;
  /** Worker processes. */
  readonly workers?: number;
}

export async function runDemo(_session: Session, _options: DemoOptions): Promise<number> {
  throw new UsageError("Cannot run the demo yet", "use exosweep emulator and exosweep run");
}
