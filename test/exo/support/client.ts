/** A client pointed at a server of the test, with everything it hands out at hand. */
import { onTestFinished } from "vitest";
import { defaultSettings } from "../../../src/config.ts";
import type { Settings } from "../../../src/config.ts";
import { ExoError, createExchange } from "../../../src/exo/index.ts";
import type { Exchange } from "../../../src/exo/index.ts";
import { createNetwork } from "../../../src/network/index.ts";
import { Telemetry } from "../../../src/telemetry/index.ts";
import type { Events } from "../../../src/telemetry/index.ts";
import type { Tenant, TokenSource } from "../../../src/tenants/index.ts";
import { openGate } from "./open-gate.ts";
import type { OpenGate } from "./open-gate.ts";
import { wireServer } from "./wire-server.ts";
import type { Asked, Saying, WireServer } from "./wire-server.ts";

export const TENANT_ID = "11111111-2222-4333-8444-555555555555";
export const MAILBOX_ID = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";
export const INVOKE = `/adminapi/beta/${TENANT_ID}/InvokeCommand`;

export const PERMISSION = "Get-MailboxPermission";

export function names(count: number): string[] {
  return Array.from({ length: count }, (_, place) => `mailbox-${place}`);
}

export function tenantAt(origin: string): Tenant {
  const url = new URL(origin);
  return {
    name: "contoso",
    tenantId: TENANT_ID,
    domain: "contoso.onmicrosoft.com",
    clientId: "99999999-8888-4777-8666-555555555555",
    credential: { kind: "secret", env: "SECRET" },
    cloud: { name: "custom", login: url, exchange: url, audience: "https://outlook.office365.com" },
  };
}

/** Hands out `token-1`, and `token-2` when asked to renew, and so on. */
export function countingTokens(): TokenSource & { renewals: (string | undefined)[] } {
  let count = 1;
  const renewals: (string | undefined)[] = [];
  return {
    renewals,
    token: ({ renew } = {}) => {
      if (renew !== undefined) {
        renewals.push(renew.claims);
        count += 1;
      }
      return Promise.resolve({ value: `token-${count}`, expiresAtMs: Date.now() + 3_600_000 });
    },
  };
}

export interface Client {
  readonly exo: Exchange;
  readonly server: WireServer;
  readonly gate: OpenGate;
  readonly tokens: ReturnType<typeof countingTokens>;
  readonly answered: Events["exo:answered"][];
  readonly retried: Events["exo:retried"][];
}

export interface ClientOptions {
  readonly gate?: OpenGate;
  readonly requests?: Partial<Settings["requests"]>;
  readonly batch?: Partial<Settings["batch"]>;
  readonly api?: Partial<Settings["api"]>;
}

/** Waits are short, so that repeats do not make a test slow. */
export async function clientOf(
  answer: (asked: Asked, count: number) => Saying | Promise<Saying>,
  { gate = openGate(), requests = {}, batch = {}, api = {} }: ClientOptions = {},
): Promise<Client> {
  const server = await wireServer(answer);
  const network = createNetwork({ connections: 64, environment: {} });
  const telemetry = new Telemetry();
  const answered: Events["exo:answered"][] = [];
  const retried: Events["exo:retried"][] = [];
  telemetry.on("exo:answered", (event) => void answered.push(event));
  telemetry.on("exo:retried", (event) => void retried.push(event));
  const tokens = countingTokens();
  const defaults = defaultSettings();
  const exo = createExchange({
    tenant: tenantAt(server.origin),
    tokens,
    gate,
    network,
    settings: {
      api: { ...defaults.api, ...api },
      batch: { ...defaults.batch, lingerMs: 5, ...batch },
      requests: { ...defaults.requests, retryDelayMs: 1, maxRetries: 3, timeoutMs: 5_000, ...requests },
    },
    telemetry,
  });
  onTestFinished(async () => {
    await exo.close();
    await network.close();
    await server.close();
  });
  return { exo, server, gate, tokens, answered, retried };
}

/** The failure of a call; a call that does not fail as it should fails the test. */
export async function errorOf(call: Promise<unknown>): Promise<ExoError> {
  const outcome = await call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if (!("error" in outcome)) throw new Error("expected a failure, and it went well");
  if (!(outcome.error instanceof ExoError)) throw outcome.error;
  return outcome.error;
}
