/** Puts an emulator together and lets it listen. */
import { createWriteStream, type WriteStream } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Clock } from "./clock.ts";
import type { Organisation, OrganisationOptions, PermissionFact } from "./cmdlet.ts";
import { control } from "./control.ts";
import { deliver } from "./deliver.ts";
import { redirectOf } from "./front-door.ts";
import { Ledger } from "./ledger.ts";
import { DeviceCodes } from "./login/device-codes.ts";
import { SigningKey } from "./login/jwt.ts";
import { answerLogin } from "./login/routes.ts";
import { CurrentProfile } from "./profile/current.ts";
import { FaultPlan } from "./profile/fault-plan.ts";
import type { ScriptedFault } from "./profile/faults.ts";
import type { ProfileName } from "./profile/named.ts";
import type { Profile, ProfilePatch } from "./profile/profile.ts";
import { dataQuirkNames } from "./profile/quirks.ts";
import { readProfile } from "./profile/read.ts";
import { Dice } from "./random.ts";
import { headersOf, originOf, placeOf, readBody, urlOf } from "./receive.ts";
import type { DirectoryRole } from "./roles.ts";
import { AdminApi, type InFlight } from "./service/admin-api.ts";
import { Cursors } from "./service/cursors.ts";
import { RowEncoder } from "./service/encode.ts";
import { Tenant, type TenantAccess } from "./tenant.ts";
import { findTenant, type World } from "./world.ts";

/** Idle connections live this long, so that a client's pool outlasts its own pauses. */
const KEEP_ALIVE_MS = 100_000;

export interface EmulatorOptions {
  /** 0: any free one. */
  readonly port?: number;
  readonly host?: string;
  /** In each tenant. */
  readonly mailboxes?: number;
  readonly seed?: number;
  /** How many tenants; each follows from the seed. */
  readonly tenants?: number;
  /** A name, a scenario, or any part of a profile. */
  readonly profile?: ProfileName | ProfilePatch;
  /** Public certificates the apps are registered with, PEM. */
  readonly certificates?: readonly string[];
  /** Thumbprints of certificates that assertions bring along (`x5c`), hex. */
  readonly thumbprints?: readonly string[];
  /** What the token's `roles` claim says. */
  readonly appRoles?: readonly string[];
  readonly directoryRoles?: readonly DirectoryRole[];
  /** Adds the entries of older tenants (quirk 42). */
  readonly legacy?: boolean;
  /** Device codes are approved after this many polls. */
  readonly pollsToApprove?: number;
  readonly pollIntervalSeconds?: number;
  /** Appends every event of the ledger to this file, a line of JSON each. */
  readonly ledgerFile?: string;
}

/** Names of the options, for whoever takes them from outside. */
export const OPTION_NAMES: ReadonlySet<string> = new Set([
  "port",
  "host",
  "mailboxes",
  "seed",
  "tenants",
  "profile",
  "certificates",
  "thumbprints",
  "appRoles",
  "directoryRoles",
  "legacy",
  "pollsToApprove",
  "pollIntervalSeconds",
  "ledgerFile",
] satisfies (keyof EmulatorOptions)[]);

export interface Emulator {
  readonly url: string;
  readonly tenants: readonly TenantAccess[];
  readonly ledger: Pick<Ledger, "read" | "summary" | "length">;
  profile(): Profile;
  /** @throws {ProfileError} naming every mistake */
  setProfile(patch: ProfileName | ProfilePatch): Profile;
  addFaults(script: readonly ScriptedFault[]): void;
  truth(tenantId: string): Iterable<PermissionFact>;
  targets(tenantId: string): Iterable<string>;
  inFlight(): InFlight;
  /** Ends every connection at once. */
  stop(): Promise<void>;
}

/** @throws {ProfileError}; an Error of the system when the port is taken */
export async function startEmulatorWith(
  createOrganisation: (options: OrganisationOptions) => Organisation,
  options: EmulatorOptions = {},
): Promise<Emulator> {
  const seed = options.seed ?? 1;
  const clock = new Clock();
  const dice = new Dice(seed);
  const file =
    options.ledgerFile === undefined ? undefined : createWriteStream(options.ledgerFile, { flags: "a" });
  const grants = {
    appRoles: options.appRoles ?? ["Exchange.ManageAsApp"],
    directoryRoles: options.directoryRoles ?? ["exchange-administrator" as const],
  };
  const profile = new CurrentProfile(readProfile(options.profile ?? "off"), clock);
  const quirkNames = dataQuirkNames();
  const tenants = Array.from(
    { length: options.tenants ?? 1 },
    (_, index) =>
      new Tenant(
        index,
        {
          seed,
          mailboxes: options.mailboxes ?? 100,
          legacy: options.legacy ?? false,
          grants,
          certificates: options.certificates ?? [],
          thumbprints: options.thumbprints ?? [],
          quirk: (name) => {
            const known = quirkNames.get(name);
            return known === undefined || profile.get().quirks[known] !== false;
          },
          writeLagMs: () => clock.real(profile.get().quirks.writeLagSeconds * 1000),
        },
        createOrganisation,
      ),
  );
  const world: World = {
    seed,
    clock,
    dice,
    ledger: new Ledger(file && ((line) => file.write(`${line}\n`))),
    profile,
    faults: new FaultPlan(dice),
    tenants,
    key: await SigningKey.create(),
    codes: new DeviceCodes({
      seed,
      pollsToApprove: options.pollsToApprove ?? 2,
      intervalSeconds: options.pollIntervalSeconds ?? 1,
    }),
    cursors: new Cursors(),
    encoder: new RowEncoder(),
    now: () => Date.now(),
  };
  const server = createServer({ keepAlive: true, keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 });
  const api = new AdminApi(world);
  serve(server, world, api);
  const url = await listen(server, options.port ?? 0, options.host ?? "127.0.0.1");
  return {
    url,
    tenants: tenants.map((tenant) => tenant.access),
    ledger: world.ledger,
    profile: () => world.profile.get(),
    setProfile: (patch) => world.profile.set(patch),
    addFaults: (script) => world.faults.add(script),
    truth: (tenantId) => known(world, tenantId).organisation.truth(),
    targets: (tenantId) => known(world, tenantId).organisation.targets(),
    inFlight: () => api.inFlight,
    stop: async () => stop(server, clock, file),
  };
}

function known(world: World, tenantId: string): Tenant {
  const tenant = findTenant(world, tenantId);
  if (!tenant) throw new Error(`Cannot find tenant "${tenantId}": the emulator has no such tenant`);
  return tenant;
}

async function listen(server: Server, port: number, host: string): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address() as AddressInfo;
  const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `http://${name}:${address.port}`;
}

async function stop(server: Server, clock: Clock, file: WriteStream | undefined): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  clock.stop();
  await closed;
  if (file) await new Promise<void>((resolve) => file.end(resolve));
}

function serve(server: Server, world: World, api: AdminApi): void {
  server.on("request", (request, response) => {
    handle(world, api, request, response).catch((error: unknown) => failHard(response, error));
  });
}

/** A fault of ours, not of the pretend service: said aloud, so that a test sees it. */
function failHard(response: ServerResponse, error: unknown): void {
  if (response.destroyed || response.headersSent) return void response.destroy();
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  response.writeHead(500, { "Content-Type": "text/plain", "x-emulator-bug": "1" }).end(text);
}

async function handle(
  world: World,
  api: AdminApi,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let body: Buffer;
  try {
    body = await readBody(request);
  } catch {
    // The caller went away in the middle of its request, or sent what cannot be read.
    response.destroy();
    return;
  }
  const path = urlOf(request).pathname;
  if (path.startsWith("/__emulator/")) return control(world, api.inFlight, request, response, body);
  if (!/^\/adminapi\//i.test(path)) return answerLogin(world, request, response, body, originOf(request));
  const { frontDoor, strictCharset } = world.profile.get().quirks;
  const redirect = redirectOf(frontDoor, request);
  if (redirect) {
    response.writeHead(302, { Location: redirect.location, "Set-Cookie": redirect.cookie }).end();
    return;
  }
  const place = placeOf(request, body, strictCharset);
  if ("mistake" in place) {
    response.writeHead(400, { "Content-Type": "application/json; charset=utf-8" }).end(place.mistake);
    return;
  }
  const reply = await api.answer(place, () => response.destroy());
  deliver(world, response, reply, /\bgzip\b/i.test(headersOf(request)["accept-encoding"] ?? ""));
}
