/** An emulator in a process of its own, and its back door: ledger, truth, faults. */
import { resolve } from "node:path";
import {
  type EmulatorOptions,
  type LedgerEntry,
  type LedgerSummary,
  type PermissionFact,
  politeQuirks,
  type ProfilePatch,
  PROFILES,
  type ScriptedFault,
  type TenantAccess,
} from "../../src/emulator/index.ts";
import { startNode, type TestProcess } from "./processes.ts";

/** No failures by chance: what is read twice was read twice for a reason. The data are as odd as ever. */
export const SOUND: ProfilePatch = { ...PROFILES.off, quirks: politeQuirks(), lanes: 4 };

/** Calls that take about this long, and nothing else takes any time. */
export function latencyOf(medianMs: number): ProfilePatch {
  return { latency: { ...PROFILES.off.latency, call: { median: medianMs, sigma: 0.3 } } };
}

export interface EmulatedService {
  readonly url: string;
  readonly tenants: readonly TenantAccess[];
  truth(tenantId: string): Promise<readonly PermissionFact[]>;
  /** ExchangeGuids of the mailboxes a default run is about. */
  targets(tenantId: string): Promise<readonly string[]>;
  ledger(from?: number): Promise<readonly LedgerEntry[]>;
  ledgerSummary(): Promise<LedgerSummary>;
  inFlight(): Promise<{ readonly requests: number; readonly calls: number }>;
  setProfile(patch: ProfilePatch | string): Promise<void>;
  /** Gives a tenant's app other directory roles. */
  grant(tenantId: string, directoryRoles: EmulatorOptions["directoryRoles"]): Promise<void>;
  addFaults(script: readonly ScriptedFault[]): Promise<void>;
  clearFaults(): Promise<void>;
  /** The service is gone: connections are refused. */
  crash(): Promise<void>;
  /** At the same address, with the same tenants, an empty ledger and new keys: tokens of before are worthless. */
  comeBack(): Promise<void>;
}

export async function startEmulatedService(options: EmulatorOptions): Promise<EmulatedService> {
  let child = startProcess(options);
  const { url, tenants } = JSON.parse(await child.line((line) => line.startsWith("{"))) as Pick<
    EmulatedService,
    "url" | "tenants"
  >;
  const ask = async (path: string, init: RequestInit = {}): Promise<string> => {
    const response = await fetch(`${url}/__emulator/${path}`, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`The emulator refused ${path}: ${text}`);
    return text;
  };
  const json = async <T>(path: string): Promise<T> => JSON.parse(await ask(path)) as T;
  const lines = async <T>(path: string): Promise<T[]> =>
    (await ask(path))
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as T);
  const tell = async (method: string, path: string, body: unknown): Promise<void> =>
    void (await ask(path, { method, body: JSON.stringify(body) }));
  return {
    url,
    tenants,
    truth: (tenantId) => lines(`tenants/${tenantId}/truth`),
    targets: (tenantId) => lines(`tenants/${tenantId}/targets`),
    ledger: (from = 0) => lines(`ledger?from=${from}`),
    ledgerSummary: () => json("ledger/summary"),
    inFlight: () => json("in-flight"),
    setProfile: (patch) => tell("PUT", "profile", patch),
    grant: (tenantId, directoryRoles) => tell("PUT", `tenants/${tenantId}/grants`, { directoryRoles }),
    addFaults: (script) => tell("POST", "faults", script),
    clearFaults: async () => void (await ask("faults", { method: "DELETE" })),
    crash: async () => void (await child.end("SIGKILL")),
    async comeBack() {
      child = startProcess({ ...options, port: Number(new URL(url).port) });
      await child.line((line) => line.startsWith("{"));
    },
  };
}

function startProcess(options: EmulatorOptions): TestProcess {
  return startNode(resolve("src/emulator/main.ts"), [JSON.stringify(options)]);
}
