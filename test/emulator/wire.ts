/** Raw HTTP towards an emulator: bytes as they are on the wire, nothing decoded, nothing followed. */
import { Agent, request as send, type IncomingHttpHeaders } from "node:http";
import {
  politeQuirks,
  startEmulator,
  type Emulator,
  type EmulatorOptions,
  type ProfilePatch,
  type TenantAccess,
} from "../../src/emulator/index.ts";

export interface RawReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  /** False when the connection broke before the body was whole. */
  readonly whole: boolean;
}

export interface RawRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** One request on a connection of its own. @throws when no reply begins */
export async function raw(
  url: string,
  { method = "POST", headers = {}, body }: RawRequest = {},
): Promise<RawReply> {
  return new Promise((resolve, reject) => {
    const request = send(
      url,
      { method, headers: { ...headers }, agent: new Agent({ keepAlive: false }) },
      (reply) => {
        const parts: Buffer[] = [];
        const done = (whole: boolean): void => {
          const bytes = Buffer.concat(parts);
          resolve({
            status: reply.statusCode ?? 0,
            headers: reply.headers,
            bytes,
            text: bytes.toString("utf8"),
            whole,
          });
        };
        reply.on("data", (part: Buffer) => parts.push(part));
        reply.on("end", () => done(true));
        reply.on("error", () => done(false));
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

/** A caller who is signed in. */
interface Caller {
  readonly tenantId: string;
  readonly token: string;
  /** Headers of a well-behaved call. */
  readonly headers: Readonly<Record<string, string>>;
  /** `…/adminapi/beta/{tenant}` */
  readonly base: string;
  invoke(cmdlet: string, parameters?: object, more?: CallExtras): Promise<RawReply>;
  batch(items: readonly BatchCall[], headers?: Readonly<Record<string, string>>): Promise<RawReply>;
}

/** An emulator with a caller who is signed in. */
export interface Bench extends Caller {
  readonly emulator: Emulator;
}

export interface CallExtras {
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface BatchCall {
  readonly id: string;
  readonly cmdlet: string;
  readonly parameters?: object;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function bodyOf(cmdlet: string, parameters: object = {}): { readonly CmdletInput: object } {
  return { CmdletInput: { CmdletName: cmdlet, Parameters: parameters } };
}

/** Polite except for what the profile says. */
export async function startPolite(
  profile: ProfilePatch = {},
  options: EmulatorOptions = {},
): Promise<Emulator> {
  const quirks = { ...politeQuirks(), ...profile.quirks };
  return startEmulator({
    mailboxes: 50,
    ...options,
    profile: { base: "off", ...profile, quirks } as ProfilePatch,
  });
}

export async function signIn(emulator: Emulator, tenant = 0): Promise<string> {
  const access = emulator.tenants[tenant];
  if (!access) throw new Error(`Cannot sign in: no tenant ${tenant}`);
  return signInAt(emulator.url, access);
}

async function signInAt(url: string, access: TenantAccess): Promise<string> {
  const reply = await raw(`${url}/${access.tenantId}/oauth2/v2.0/token`, {
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: access.clientId,
      client_secret: access.secret,
      scope: "https://outlook.office365.com/.default",
    }).toString(),
  });
  const { access_token: token } = JSON.parse(reply.text) as { access_token?: string };
  if (token === undefined) throw new Error(`Cannot sign in: ${reply.text}`);
  return token;
}

/** A caller of the emulator's first tenant. */
export async function benchOf(emulator: Emulator): Promise<Bench> {
  const [access] = emulator.tenants;
  if (!access) throw new Error("Cannot sign in: no tenant");
  return { emulator, ...(await benchAt(emulator.url, access)) };
}

/** A caller of an emulator that runs in another process. */
export async function benchAt(url: string, access: TenantAccess): Promise<Caller> {
  const { tenantId } = access;
  const token = await signInAt(url, access);
  const headers = {
    authorization: `Bearer ${token}`,
    "content-type": "application/json; charset=utf-8",
    "x-anchormailbox": `APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@${tenantId}`,
    "connection-id": "0b6f2f3a-8f3f-4c57-9d0e-1d2f6b8b8a01",
  };
  const base = `${url}/adminapi/beta/${tenantId}`;
  return {
    tenantId,
    token,
    headers,
    base,
    invoke: async (cmdlet, parameters, more = {}) =>
      raw(`${base}/InvokeCommand${more.query ?? ""}`, {
        headers: { ...headers, ...more.headers },
        body: JSON.stringify(bodyOf(cmdlet, parameters)),
      }),
    batch: async (items, outer = {}) =>
      raw(`${base}/$batch`, {
        headers: { ...headers, ...outer },
        body: JSON.stringify({
          requests: items.map((item) => ({
            id: item.id,
            method: "POST",
            url: item.url ?? `${base}/InvokeCommand`,
            headers: { ...headers, ...item.headers },
            body: bodyOf(item.cmdlet, item.parameters),
          })),
        }),
      }),
  };
}

/** Puts the emulator in a polite mood, except for the patch. */
export function be(emulator: Emulator, patch: ProfilePatch = {}): void {
  emulator.setProfile({
    base: "off",
    ...patch,
    quirks: { ...politeQuirks(), ...patch.quirks },
  } as ProfilePatch);
}
