/**
 * Every setting: unit, bound, default. No other file holds a default of its own.
 * `parseSettings` names all mistakes at once, each with its line.
 */
import { isAbsolute, resolve } from "node:path";
import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const guid = z.guid({ error: "expected a GUID such as 8f6c1f5e-3f1e-4a59-8d0c-6f3a2b1c0d9e" });

const cloudSchema = z.union(
  [
    z.enum(["global", "gcc-high", "dod", "china"]),
    z.strictObject({ login: z.url({ protocol: /^https?$/ }), exchange: z.url({ protocol: /^https?$/ }) }),
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
    domain: z.string().min(3),
    /** Optional for `deviceCode` only: then Microsoft's built-in public client. */
    clientId: guid.optional(),
    secret: z.strictObject({ env: z.string().min(1) }).optional(),
    certificate: z.strictObject({ path: z.string().min(1), thumbprint: z.string().optional() }).optional(),
    managedIdentity: z.strictObject({ clientId: guid.optional() }).optional(),
    deviceCode: z.strictObject({}).optional(),
    cloud: cloudSchema.default("global"),
  })
  .superRefine((tenant, context) => {
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
    if (tenant.managedIdentity && typeof tenant.cloud === "object") {
      context.addIssue({
        code: "custom",
        path: ["managedIdentity"],
        message:
          "expected another way to sign in: a managed identity cannot be used with an overridden cloud",
      });
    }
    if (!tenant.clientId && !tenant.deviceCode && !tenant.managedIdentity) {
      context.addIssue({
        code: "custom",
        path: ["clientId"],
        message: "expected the client id of the app registration",
      });
    }
  });

export const settingsSchema = z.strictObject({
  /** URL of Redis, `redis://` or `rediss://`; absent: a private one is started in the data directory. */
  redis: z.url({ protocol: /^rediss?$/ }).optional(),
  /** `sqlite:PATH`, relative to the data directory. */
  journal: z
    .string()
    .regex(/^sqlite:.+/, "expected sqlite:PATH")
    .default("sqlite:journal.db"),
  /** Hosts, other than loopback, that may be spoken to by plain http. */
  insecureHosts: z.array(z.string().min(1)).default([]),
  /** PEM file with certificate authorities to trust besides the system's. */
  certificateAuthorities: z.string().min(1).optional(),
  tenants: z.array(tenantSchema).default([]),
  batch: z
    .strictObject({
      /** Most calls in one request. */
      maxCalls: z.int().min(1).max(100).default(20),
      /** Calls a batch carries until there is reason for more. */
      startCalls: z.int().min(1).max(100).default(10),
      /** Longest a call waits for company while a place is free. */
      lingerMs: z
        .int()
        .min(0)
        .max(10 * SECOND)
        .default(25),
    })
    .prefault({}),
  gate: z
    .strictObject({
      /** Batches at once towards one tenant: at the start, and never more than. */
      startWindow: z.int().min(1).max(1_000).default(3),
      maxWindow: z.int().min(1).max(1_000).default(100),
      /** A place whose process has not renewed it is taken back. */
      leaseMs: z
        .int()
        .min(SECOND)
        .default(30 * SECOND),
      /** A longer `Retry-After` is believed only this far. */
      maxRetryAfterMs: z
        .int()
        .min(SECOND)
        .default(60 * MINUTE),
    })
    .prefault({}),
  requests: z
    .strictObject({
      timeoutMs: z
        .int()
        .min(100)
        .default(180 * SECOND),
      /** For the few slow cmdlets of `exo-protocol.md` 8.6. */
      slowTimeoutMs: z
        .int()
        .min(100)
        .default(960 * SECOND),
      /** Repeats of one call after faults of the service; throttling does not count. */
      maxRetries: z.int().min(0).max(50).default(8),
      /** Longest one call is repeated, throttling included. */
      maxRetryMs: z
        .int()
        .min(0)
        .default(30 * MINUTE),
      /** First wait between repeats; doubles, with jitter. */
      retryDelayMs: z.int().min(1).default(500),
      /** Connections to one tenant's Exchange. */
      connections: z.int().min(1).max(1_000).default(128),
      /** Largest reply, on the wire and decoded. */
      maxReplyBytes: z
        .int()
        .min(1_024)
        .default(64 * 1024 * 1024),
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
        .default(10 * SECOND),
      /** Longest a stopping worker waits for what is on the wire. */
      drainMs: z
        .int()
        .min(0)
        .default(25 * SECOND),
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
        .default(15 * SECOND),
      /** Runs with at most this many targets read everything per mailbox instead of tenant-wide. */
      smallScope: z.int().min(0).default(100),
    })
    .prefault({}),
});

export type Settings = z.infer<typeof settingsSchema>;
export type TenantSettings = Settings["tenants"][number];

/** The settings file is wrong. `mistakes` names each with its line. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly mistakes: readonly string[];
  constructor(file: string, mistakes: readonly string[]) {
    super(`Cannot use "${file}":\n${mistakes.map((mistake) => `  ${mistake}`).join("\n")}`);
    this.mistakes = mistakes;
  }
}

/**
 * Settings from YAML text, complete and frozen.
 * @param file its name, for messages
 * @throws {SettingsError} with every mistake and its line
 */
export function parseSettings(text: string, file: string): Settings {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const at = (offset: number | undefined): string =>
    offset === undefined ? "" : `line ${lines.linePos(offset).line}: `;
  if (document.errors.length > 0) {
    throw new SettingsError(
      file,
      document.errors.map((error) => `${at(error.pos[0])}${error.message.split("\n")[0]}`),
    );
  }
  const result = settingsSchema.safeParse(document.toJS() ?? {});
  if (!result.success)
    throw new SettingsError(
      file,
      result.error.issues.flatMap((issue) => describe(issue, document, at)),
    );
  const names = result.data.tenants.map((tenant) => tenant.name.toLowerCase());
  const doubled = names.filter((name, index) => names.indexOf(name) !== index);
  if (doubled.length > 0)
    throw new SettingsError(
      file,
      doubled.map((name) => `tenants: expected unique names, got "${name}" twice`),
    );
  return Object.freeze(result.data);
}

/** Settings as they are without any file. */
export function defaultSettings(overrides: z.input<typeof settingsSchema> = {}): Settings {
  return Object.freeze(settingsSchema.parse(overrides));
}

type YamlDocument = ReturnType<typeof parseDocument>;

function describe(
  issue: z.core.$ZodIssue,
  document: YamlDocument,
  at: (offset: number | undefined) => string,
): string[] {
  const path = issue.path.map(String);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map(
      (key) => `${at(offsetOf(document, [...issue.path, key]))}${[...path, key].join(".")}: unknown key`,
    );
  }
  return [
    `${at(offsetOf(document, issue.path))}${path.length > 0 ? `${path.join(".")}: ` : ""}${issue.message}`,
  ];
}

/** Where the node at `path` starts, or the nearest one above it. */
function offsetOf(document: YamlDocument, path: readonly PropertyKey[]): number | undefined {
  for (let depth = path.length; depth >= 0; depth -= 1) {
    const node = document.getIn(path.slice(0, depth), true);
    if (node !== null && typeof node === "object" && "range" in node && Array.isArray(node.range)) {
      const start: unknown = node.range[0];
      if (typeof start === "number") return start;
    }
  }
  return undefined;
}

/** `journal: sqlite:PATH` as a path; relative ones lie in the data directory. */
export function journalPath(settings: Settings, dataDir: string): string {
  const path = settings.journal.slice("sqlite:".length);
  return isAbsolute(path) ? path : resolve(dataDir, path);
}
