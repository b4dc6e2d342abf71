/** Settings of messages: where they go, what they tell, and how long they are tried. Defaults are here as in `config.ts`, of which this is a part. */
import { z } from "zod";
import { secretSource } from "./secret.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

/**
 * What a message may be about: findings that are new, findings that are gone, who came into groups that hold rights or left them, any row or
 * member that changed, a night that did not go as it should.
 */
export const TOLD = ["new", "gone", "members", "changes", "trouble"] as const;
export type Told = (typeof TOLD)[number];

/** How much of a tenant a message carries: numbers, numbers by rule, or a few rows in words, with the names of mailboxes and people. */
export const DETAILS = ["counts", "rules", "examples"] as const;
export type Details = (typeof DETAILS)[number];

const SEVERITIES = ["critical", "high", "medium", "low", "info"] as const;

/** Keys by which people try to hand over a password. */
const BASIC = new Set(["user", "username", "pass", "password", "auth", "login", "basic", "secret"]);
const NO_BASIC =
  "basic authentication is refused: Exchange Online turns passwords away (550 5.7.30). The app of a tenant signs in instead: name it with " +
  "tenant, and choose via: smtp (OAuth, with the right SMTP.SendAsApp) or via: graph (with the right Mail.Send)";
const NO_SERVER =
  "no server can be named: the app's token goes to the server of the tenant's cloud and to no other";
const SERVER = new Set(["host", "port", "server", "smtp", "url", "secure", "tls"]);

const address = z
  .string()
  .max(320)
  .regex(
    /^[^\s@<>\(\),;:"\\\p{C}]+@[^\s@<>\(\),;:"\\\p{C}]+$/v,
    "expected an address such as audit@contoso.com",
  );

const emailSchema = z.strictObject(
  {
    /** Whose app sends: its token, its servers. */
    tenant: z.string(),
    /** `smtp`: with XOAUTH2 and TLS. `graph`: sendMail of Microsoft Graph. */
    via: z.enum(["smtp", "graph"]),
    /** The mailbox that sends. */
    from: address,
    to: z.array(address).min(1).max(50),
  },
  {
    error: (issue) => {
      if (issue.code !== "unrecognized_keys" || !isKeys(issue.keys)) return undefined;
      if (issue.keys.some((key) => BASIC.has(key.toLowerCase()))) return NO_BASIC;
      return issue.keys.some((key) => SERVER.has(key.toLowerCase())) ? NO_SERVER : undefined;
    },
  },
);

const WAYS = ["webhook", "teams", "email"] as const;

const sinkSchema = z
  .strictObject({
    /** What people call it; unique. */
    name: z
      .string()
      .regex(
        /^[a-z0-9][a-z0-9._-]{0,62}$/i,
        "expected letters, digits, dot, dash and underscore, at most 63",
      ),
    /** Signed as Standard Webhooks has it. */
    webhook: z
      .strictObject({
        url: z
          .url({ protocol: /^https?$/, error: "expected a URL that starts with https://" })
          .refine((text) => isPlainUrl(text), "expected a URL without user and fragment"),
        /** `whsec_…`; several, with blanks between them, while one takes the place of another. */
        secret: secretSource("the secret"),
      })
      .optional(),
    /** A workflow of Teams that posts an Adaptive Card. Its address is all one needs to post: a secret. */
    teams: z.strictObject({ url: secretSource("the address") }).optional(),
    email: emailSchema.optional(),
    /** Only what these schedules start; absent: all. */
    schedules: z.array(z.string().min(1)).min(1).optional(),
    tell: z.array(z.enum(TOLD)).min(1).default(["new", "gone", "members", "trouble"]),
    /** Findings of less are neither counted nor told. */
    severity: z.enum(SEVERITIES).default("medium"),
    details: z.enum(DETAILS).default("rules"),
  })
  .superRefine(
    (sink, context) => {
      const ways = WAYS.filter((way) => sink[way] !== undefined);
      if (ways.length === 1) return;
      const found = ways.length === 0 ? "none" : ways.join(" and ");
      context.addIssue({
        code: "custom",
        message: `expected exactly one of ${WAYS.join(", ")}, got ${found}`,
      });
    },
    { when: ({ value }) => typeof value === "object" && value !== null },
  );

export const notifySchema = z
  .strictObject({
    sinks: z.array(sinkSchema).max(100).default([]),
    /** Hosts of sinks that lie in a private network: the only ones that may be found at an address of such a network. */
    privateHosts: z.array(z.string().min(1)).default([]),
    /** Longest one try may take. */
    timeoutMs: z
      .int()
      .min(100)
      .max(10 * MINUTE)
      .default(30 * SECOND),
    /** First wait between tries; three times as long each time, up to an hour, with jitter. */
    retryDelayMs: z
      .int()
      .min(1)
      .max(DAY)
      .default(10 * SECOND),
    /** A message so old is not tried any more. */
    giveUpMs: z
      .int()
      .min(SECOND)
      .max(7 * DAY)
      .default(DAY),
    /** A message that ended, one way or another, is removed so long after. */
    keepMs: z
      .int()
      .min(DAY)
      .max(3_650 * DAY)
      .default(90 * DAY),
    /** How often it is looked for messages to send and for nights to tell of. */
    lookMs: z
      .int()
      .min(50)
      .max(DAY)
      .default(5 * SECOND),
  })
  .prefault({});

export type NotifySettings = z.infer<typeof notifySchema>;
export type SinkSettings = NotifySettings["sinks"][number];

function isPlainUrl(text: string): boolean {
  if (!URL.canParse(text)) return true; // said by the check before
  const url = new URL(text);
  return url.hash === "" && url.username === "" && url.password === "";
}

function isKeys(keys: unknown): keys is readonly string[] {
  return Array.isArray(keys);
}

/** What a whole file of settings must be beside. */
interface Around {
  readonly tenants: readonly unknown[];
  /** Whether this address is encrypted, or may do without. */
  mayBeSpokenTo(url: URL): boolean;
}

/** Mistakes of sinks that only the other settings show. @param notify as it was parsed, perhaps with mistakes in it */
export function mistakesOfSinks(
  notify: unknown,
  around: Around,
): readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] {
  const sinks = field(notify, "sinks");
  if (!Array.isArray(sinks)) return [];
  const seen = new Set<string>();
  return sinks.flatMap((sink: unknown, place) => {
    const at = (...path: readonly string[]): readonly PropertyKey[] => ["notify", "sinks", place, ...path];
    const found: { path: readonly PropertyKey[]; message: string }[] = [];
    const name = field(sink, "name");
    if (typeof name === "string") {
      if (seen.has(name.toLowerCase()))
        found.push({ path: at("name"), message: `expected unique names, got "${name}" twice` });
      seen.add(name.toLowerCase());
    }
    const url = field(field(sink, "webhook"), "url");
    if (isHttp(url) && !around.mayBeSpokenTo(new URL(url)))
      found.push({
        path: at("webhook", "url"),
        message: "expected https: plain http is for loopback and for hosts named in insecureHosts",
      });
    const email = field(sink, "email");
    const message = email === undefined ? undefined : mistakeOfMail(email, around.tenants);
    if (message !== undefined) found.push({ path: at("email", "tenant"), message });
    return found;
  });
}

function mistakeOfMail(email: unknown, tenants: readonly unknown[]): string | undefined {
  const [wanted, via] = [field(email, "tenant"), field(email, "via")];
  if (typeof wanted !== "string") return undefined;
  const tenant = tenants.find((each) => {
    const name = field(each, "name");
    return typeof name === "string" && name.toLowerCase() === wanted.toLowerCase();
  });
  if (tenant === undefined) return "expected the name of a tenant of these settings";
  if (field(tenant, "deviceCode") !== undefined)
    return "expected a tenant with an app of its own: nobody is there at night to enter a code";
  const cloud = field(tenant, "cloud");
  if (typeof cloud === "object" && typeof via === "string" && field(cloud, via) === undefined)
    return `its cloud is { login, exchange }: expected ${via} there, too`;
  return undefined;
}

/** Of any other address it was said already that it is none. */
function isHttp(url: unknown): url is string {
  return typeof url === "string" && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
