/**
 * Every setting: unit, bound, default. No other file holds a default of its own, but `config/notify.ts`, which is part of this one.
 * `parseSettings` names all mistakes at once, each with its line.
 */
import { isAbsolute, resolve } from "node:path";
import { z } from "zod";
import { mistakesOfSinks, notifySchema } from "./config/notify.ts";
import { environmentName } from "./config/secret.ts";
import { parseYaml } from "./config/yaml-file.ts";
export type { Details, SinkSettings, Told } from "./config/notify.ts";
export { parseRulesFile } from "./config/rules-file.ts";
export type { KnownRules, RulesFile } from "./config/rules-file.ts";
export { SettingsError } from "./config/yaml-file.ts";

/** Settings file and data directory where none are named, in the current directory. */
export const SETTINGS_FILE = "exosweep.yaml";
export const DATA_DIR = "exosweep-data";

/** Of a schedule that says nothing of its time zone, and of what is done about times that were missed. */
export const SCHEDULE_ZONE = "UTC";
export const SCHEDULE_MISSED = "catch-up";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** Longest time any setting may name; also keeps every timer below the 32-bit limit of Node. */
const DAY = 24 * 60 * MINUTE;

/** A check that speaks up beside other mistakes, not only when there are none. */
const ALWAYS = { when: () => true };

const guid = z.guid({ error: "expected a GUID such as 8f6c1f5e-3f1e-4a59-8d0c-6f3a2b1c0d9e" });

const origin = z
  .url({ protocol: /^https?$/, error: "expected a URL that starts with https://" })
  .refine((text) => isOrigin(text), "expected a URL without user, path, query and fragment");

const cloudSchema = z.union(
  [
    z.enum(["global", "gcc-high", "dod", "china"]),
    z.strictObject({
      login: origin,
      exchange: origin,
      /** Where mail is sent from: Microsoft Graph, and a server that speaks SMTP. */
      graph: origin.optional(),
      smtp: z
        .string()
        .regex(/^([a-z0-9.-]+|\[[0-9a-f:]+\]):\d{1,5}$/i, "expected host:port")
        .optional(),
    }),
  ],
  { error: "expected global, gcc-high, dod, china or { login: URL, exchange: URL }" },
);

const tenantSchema = z
  .strictObject({
    /** What people call it; unique. */
    name: z
      .string()
      .regex(
        /^[a-z0-9][a-z0-9._-]{0,62}$/i,
        "expected letters, digits, dot, dash and underscore, at most 63",
      ),
    tenantId: guid,
    /** Initial onmicrosoft.com domain; a vanity domain breaks paging (`exo-protocol.md` 1.1). */
    domain: z
      .string()
      .max(253)
      .regex(/^([a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}$/i, "expected a domain such as contoso.onmicrosoft.com"),
    /** Optional for `deviceCode` only: then Microsoft's built-in public client. */
    clientId: guid.optional(),
    secret: z
      .strictObject(
        {
          env: environmentName,
        },
        {
          error: (issue) =>
            issue.code === "invalid_type"
              ? "expected { env: NAME } with the name of an environment variable, never the secret itself"
              : undefined,
        },
      )
      .optional(),
    certificate: z.strictObject({ path: z.string().min(1), thumbprint: z.string().optional() }).optional(),
    managedIdentity: z.strictObject({ clientId: guid.optional() }).optional(),
    deviceCode: z.strictObject({}).optional(),
    cloud: cloudSchema.default("global"),
  })
  .superRefine((tenant, context) => {
    if (!isRecord(tenant)) return;
    const ways = (["secret", "certificate", "managedIdentity", "deviceCode"] as const).filter(
      (way) => tenant[way] !== undefined,
    );
    if (ways.length !== 1) {
      const found = ways.length === 0 ? "none" : ways.join(" and ");
      context.addIssue({
        code: "custom",
        message: `expected exactly one of secret, certificate, managedIdentity, deviceCode, got ${found}`,
      });
    }
    if (tenant.managedIdentity !== undefined && isRecord(tenant.cloud)) {
      context.addIssue({
        code: "custom",
        path: ["managedIdentity"],
        message:
          "expected another way to sign in: a managed identity cannot be used with an overridden cloud",
      });
    }
    const needsClient = tenant.deviceCode === undefined && tenant.managedIdentity === undefined;
    if (tenant.clientId === undefined && needsClient) {
      context.addIssue({
        code: "custom",
        path: ["clientId"],
        message: "missing: expected the client id of the app registration",
      });
    }
  }, ALWAYS);

/** Limits of one kind of run; `src/runs/limits.ts` says what each means. */
function limitsOf(defaults: {
  readonly failures: number | null;
  readonly percent: number;
  readonly streak: number;
  readonly canary: number;
  readonly confirmAbove: number;
}) {
  return z
    .strictObject({
      /** Most failures; null for any number. */
      failures: z.int().min(1).nullable().default(defaults.failures),
      /** Most failures, of a hundred settled targets. */
      percent: z.number().min(0).max(100).default(defaults.percent),
      /** Failures of one cause in a row, in one process. */
      streak: z.int().min(1).default(defaults.streak),
      /** First targets that are done before the others; 0: none. */
      canary: z.int().min(0).default(defaults.canary),
      /** Runs with more targets wait for a person's word after the canary. */
      confirmAbove: z.int().min(0).default(defaults.confirmAbove),
    })
    .prefault({});
}

const settingsObject = z.strictObject({
  /** URL of Redis, `redis://` or `rediss://`; absent: a private one is started in the data directory. */
  redis: z
    .url({ protocol: /^rediss?$/, error: "expected a URL such as redis://127.0.0.1:6379 or rediss://…" })
    .optional(),
  /** `sqlite:PATH`, relative to the data directory, or `postgres://user@host/database` (`src/journal/postgres/address.ts`). */
  journal: z
    .string()
    .regex(/^(sqlite:|postgres(ql)?:\/\/)./, "expected sqlite:PATH or postgres://user@host/database")
    .default("sqlite:journal.db"),
  /** Hosts, other than loopback, that may be spoken to by plain http. */
  insecureHosts: z.array(z.string().min(1)).default([]),
  /** PEM file with certificate authorities to trust besides the system's. */
  certificateAuthorities: z.string().min(1).optional(),
  /** YAML file with what the user has decided about rules and findings (`docs/guides/findings.md`). */
  rules: z.string().min(1).optional(),
  tenants: z.array(tenantSchema).default([]),
  batch: z
    .strictObject({
      /** Most calls in one request. */
      maxCalls: z.int().min(1).max(100).default(20),
      /** Calls a batch carries until there is reason for more; never more than `maxCalls`. */
      startCalls: z.int().min(1).max(100).default(10),
      /** Longest a call waits for company while a place is free. */
      lingerMs: z
        .int()
        .min(0)
        .max(10 * SECOND)
        .default(25),
    })
    .prefault({})
    .transform((batch) => ({ ...batch, startCalls: Math.min(batch.startCalls, batch.maxCalls) })),
  gate: z
    .strictObject({
      /** Batches at once towards one tenant: at the start, and never more than. */
      startWindow: z.int().min(1).max(1_000).default(3),
      maxWindow: z.int().min(1).max(1_000).default(100),
      /** A place whose process has not renewed it is taken back. */
      leaseMs: z
        .int()
        .min(SECOND)
        .max(DAY)
        .default(5 * SECOND),
      /** A longer `Retry-After` is believed only this far. */
      maxRetryAfterMs: z
        .int()
        .min(SECOND)
        .max(DAY)
        .default(60 * MINUTE),
    })
    .prefault({})
    .transform((gate) => ({ ...gate, startWindow: Math.min(gate.startWindow, gate.maxWindow) })),
  requests: z
    .strictObject({
      timeoutMs: z
        .int()
        .min(100)
        .max(DAY)
        .default(180 * SECOND),
      /** For the few slow cmdlets of `exo-protocol.md` 8.6. */
      slowTimeoutMs: z
        .int()
        .min(100)
        .max(DAY)
        .default(960 * SECOND),
      /** Repeats of one call after faults of the service; throttling does not count. */
      maxRetries: z.int().min(0).max(50).default(8),
      /** Longest one call is repeated, throttling included. */
      maxRetryMs: z
        .int()
        .min(0)
        .max(DAY)
        .default(30 * MINUTE),
      /** Longest a call waits for one busy mailbox; after that its task is put off, so that others get its place. */
      maxBusyMs: z
        .int()
        .min(0)
        .max(DAY)
        .default(15 * SECOND),
      /** First wait between repeats; doubles, with jitter. */
      retryDelayMs: z.int().min(1).max(DAY).default(500),
      /** Connections to one tenant's Exchange. */
      connections: z.int().min(1).max(1_000).default(128),
      /** Largest reply, on the wire and decoded. */
      maxReplyBytes: z
        .int()
        .min(1_024)
        .default(64 * 1024 * 1024),
    })
    .prefault({}),
  /** What the service's own documents leave open; `exo-protocol.md` 1.3, 1.4. */
  api: z
    .strictObject({
      /** Whether a run first asks which cmdlets the app may run; each is tried on one mailbox in any case. */
      discovery: z.boolean().default(true),
      /** Longest that list is waited for: a run begins without it then. */
      discoveryTimeoutMs: z
        .int()
        .min(100)
        .max(DAY)
        .default(30 * SECOND),
      /** The PowerShell module whose list of cmdlets is asked for. */
      moduleVersion: z
        .string()
        .regex(/^\d{1,4}(\.\d{1,4}){1,3}(-[a-z0-9]{1,20})?$/i, "expected a version such as 3.9.2")
        .default("3.9.2"),
      /** Under which version of the API the resources behind Get-EXO* are read. */
      resources: z.enum(["beta", "v1.0"]).default("beta"),
    })
    .prefault({}),
  tasks: z
    .strictObject({
      /** Tasks of one run waiting in Redis. */
      window: z.int().min(1).default(1_000),
      /** Tasks of one tenant worked on at once in one process: at least calls per batch x batches in flight. */
      concurrency: z.int().min(1).default(400),
      /** A dead worker's tasks go to another after about twice this. */
      lockMs: z
        .int()
        .min(SECOND)
        .max(DAY)
        .default(10 * SECOND),
      /** Longest a stopping worker waits for what is on the wire. */
      drainMs: z
        .int()
        .min(0)
        .max(DAY)
        .default(25 * SECOND),
    })
    .prefault({}),
  writes: z
    .strictObject({
      /**
       * A write whose answer was lost is looked for after this, or after twice `requests.timeoutMs` where that is longer: what could still
       * carry it out has given up by then.
       */
      settleMs: z
        .int()
        .min(0)
        .max(DAY)
        .default(6 * MINUTE),
      /** Between two looks at the same write. */
      lookGapMs: z
        .int()
        .min(0)
        .max(DAY)
        .default(30 * SECOND),
      /** A write that has not left so long after it was announced is not sent any more: with it nothing leaves later than 2 s after a pause. */
      sendByMs: z.int().min(1).max(DAY).default(1_500),
      /**
       * Most sends of one planned write whose answer was waited for in vain, where more than one is allowed at all. Sends cut short by the
       * death of a worker are not among them.
       */
      maxSends: z.int().min(1).max(10).default(3),
    })
    .prefault({}),
  /** When a run stops by itself and waits for a person. */
  limits: z
    .strictObject({
      reads: limitsOf({ failures: null, percent: 5, streak: 50, canary: 0, confirmAbove: 0 }),
      writes: limitsOf({ failures: 10, percent: 1, streak: 50, canary: 25, confirmAbove: 250 }),
    })
    .prefault({}),
  runs: z
    .strictObject({
      /** How often every process looks whether a run was paused or cancelled. */
      pollMs: z
        .int()
        .min(50)
        .max(2 * SECOND)
        .default(500),
      /** A planner that has not renewed its claim on a run loses it. */
      claimMs: z
        .int()
        .min(SECOND)
        .max(DAY)
        .default(8 * SECOND),
      /** Runs with at most this many targets read everything per mailbox instead of tenant-wide. */
      smallScope: z.int().min(0).default(100),
    })
    .prefault({}),
  schedules: z
    .strictObject({
      /** How often a scheduler looks into the journal for what is due, should Redis have said nothing. */
      lookMs: z
        .int()
        .min(100)
        .max(DAY)
        .default(10 * SECOND),
      /** A run that could not be started for so long after its time was missed. */
      lateMs: z
        .int()
        .min(0)
        .max(DAY)
        .default(10 * MINUTE),
      /** A scheduler that has not started a run so long after it took it on is taken for dead. */
      claimMs: z
        .int()
        .min(SECOND)
        .max(DAY)
        .default(60 * SECOND),
    })
    .prefault({}),
  /** Messages after scheduled runs (`docs/guides/notifications.md`). */
  notify: notifySchema,
});

/** Settings that are right each by itself, and together. */
export const settingsSchema = settingsObject.superRefine((settings, context) => {
  if (!isRecord(settings)) return;
  if (!Array.isArray(settings.tenants)) return;
  const insecureHosts = Array.isArray(settings.insecureHosts) ? settings.insecureHosts : [];
  const around = {
    tenants: settings.tenants,
    mayBeSpokenTo: (url: URL) => mayBeSpokenTo(url, insecureHosts),
  };
  for (const { path, message } of mistakesOfSinks(settings.notify, around))
    context.addIssue({ code: "custom", path: [...path], message });
  const seen = new Set<string>();
  for (const [place, tenant] of settings.tenants.entries()) {
    if (!isRecord(tenant)) continue;
    if (typeof tenant.name === "string") {
      const name = tenant.name.toLowerCase();
      if (seen.has(name)) {
        context.addIssue({
          code: "custom",
          path: ["tenants", place, "name"],
          message: `expected unique names, got "${tenant.name}" twice`,
        });
      }
      seen.add(name);
    }
    if (!isRecord(tenant.cloud)) continue;
    for (const end of ["login", "exchange", "graph"] as const) {
      const address: unknown = tenant.cloud[end];
      if (typeof address !== "string" || !URL.canParse(address)) continue;
      if (mayBeSpokenTo(new URL(address), insecureHosts)) continue;
      context.addIssue({
        code: "custom",
        path: ["tenants", place, "cloud", end],
        message: "expected https: plain http is for loopback and for hosts named in insecureHosts",
      });
    }
  }
}, ALWAYS);

export type Settings = z.infer<typeof settingsSchema>;
export type TenantSettings = Settings["tenants"][number];

/**
 * Settings from YAML text, complete.
 * @param file its name, for messages
 * @throws {SettingsError} with every mistake and its line
 */
export function parseSettings(text: string, file: string): Settings {
  return Object.freeze(parseYaml(text, file, settingsSchema));
}

/** Settings as they are without any file. */
export function defaultSettings(overrides: z.input<typeof settingsSchema> = {}): Settings {
  return Object.freeze(settingsSchema.parse(overrides));
}

/** Whether this address is encrypted, or may do without: loopback, or a host the user named. */
export function mayBeSpokenTo(url: URL, insecureHosts: readonly string[]): boolean {
  const host = url.hostname.toLowerCase();
  return (
    url.protocol === "https:" ||
    host === "localhost" ||
    host === "[::1]" ||
    /^127(\.\d{1,3}){3}$/.test(host) ||
    insecureHosts.some((name) => name.toLowerCase() === host)
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return true; // said by the check before
  const url = new URL(text);
  return (
    url.pathname === "/" && url.search === "" && url.hash === "" && url.username === "" && url.password === ""
  );
}

/** How long a write whose answer was lost may still be carried out, ms. */
export function settleMsOf({ writes, requests }: Pick<Settings, "writes" | "requests">): number {
  return Math.max(writes.settleMs, 2 * requests.timeoutMs);
}

/** `journal: sqlite:PATH` as a path; relative ones lie in the data directory. */
export function journalPath(settings: Settings, dataDir: string): string {
  const path = settings.journal.slice("sqlite:".length);
  return isAbsolute(path) ? path : resolve(dataDir, path);
}
