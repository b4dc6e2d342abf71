/** Composition root: settings and catalogue in, services out. Read it aloud to know what the product is made of. */
import type { Settings } from "./config.ts";
import type { Exchange } from "./exo/index.ts";
import type { Job } from "./job.ts";
import type { Journal } from "./journal/index.ts";
import type { RunService } from "./runs/index.ts";
import type { Telemetry } from "./telemetry/index.ts";
import type { Tenant } from "./tenants/index.ts";

export interface AppOptions {
  readonly settings: Settings;
  /** Absolute path; made with mode 0700 when it is not there. */
  readonly dataDir: string;
  readonly catalogue: readonly Job[];
  /** Where secrets are read from. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Shows a person where to sign in with a device code. */
  readonly onDeviceCode?: (text: string) => void;
}

/** A worker of this process: it plans open runs and works on their tasks. */
export interface Worker {
  readonly id: string;
  /** Takes no more work, lets what is on the wire finish, at most `graceMs`. May be called twice: the second time with 0 aborts. */
  stop(graceMs: number): Promise<void>;
}

export interface App {
  readonly settings: Settings;
  readonly dataDir: string;
  readonly catalogue: readonly Job[];
  readonly telemetry: Telemetry;
  readonly tenants: readonly Tenant[];
  readonly journal: Journal;
  readonly runs: RunService;
  /** Connects Redis (or starts the embedded one) on first use. @throws {RunError} `unknown-tenant`, `dependency-down` */
  exchange(tenant: string): Promise<Exchange>;
  /** Worker processes that are alive, this one included. Connects Redis. */
  workers(): Promise<readonly { readonly worker: string; readonly role: string }[]>;
  startWorker(): Promise<Worker>;
  /** Closes what was opened, in reverse. May be called twice. */
  stop(): Promise<void>;
}
