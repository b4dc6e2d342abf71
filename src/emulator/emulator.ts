/** Puts an emulator together and lets it listen. */
import { createWriteStream, type WriteStream } from "node:fs";
import { once } from "node:events";
import { Clock } from "./clock.ts";
import type { GrantorSort, Organisation, OrganisationOptions, PermissionFact } from "./cmdlet.ts";
import { LateWork } from "./late.ts";
import { Ledger } from "./ledger.ts";
import { DeviceCodes } from "./login/device-codes.ts";
import { SigningKey } from "./login/jwt.ts";
import { CurrentProfile } from "./profile/current.ts";
import { factLines, type FactsLine } from "./fact-lines.ts";
import { FaultPlan } from "./profile/fault-plan.ts";
import type { ScriptedFault } from "./profile/faults.ts";
import type { ProfileName } from "./profile/named.ts";
import type { Profile, ProfilePatch } from "./profile/profile.ts";
import { dataQuirkNames } from "./profile/quirks.ts";
import { readProfile } from "./profile/read.ts";
import { Dice } from "./random.ts";
import { isDirectoryRole, type DirectoryRole } from "./roles.ts";
import { openServer } from "./server.ts";
import { AdminApi, type InFlight } from "./service/admin-api.ts";
import { Cursors } from "./service/cursors.ts";
import { RowEncoder } from "./service/encode.ts";
import { Tenant, type TenantAccess } from "./tenant.ts";
import { findTenant, type World } from "./world.ts";

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
  readonly ledger: Pick<Ledger, "read" | "writes" | "summary" | "length">;
  profile(): Profile;
  /** @throws {ProfileError} naming every mistake */
  setProfile(patch: ProfileName | ProfilePatch): Profile;
  addFaults(script: readonly ScriptedFault[]): void;
  truth(tenantId: string, sorts?: readonly GrantorSort[]): Iterable<PermissionFact>;
  /** What holds on the objects the identities mean; on every object somebody has written to when there are none. */
  facts(tenantId: string, identities?: readonly string[]): Iterable<FactsLine>;
  targets(tenantId: string): Iterable<string>;
  inFlight(): InFlight;
  /** What the last call left of a tenant's time budget, ms; negative for debt, undefined without a budget. */
  balanceMs(tenantId: string): number | undefined;
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
  const file = options.ledgerFile === undefined ? undefined : await openForAppend(options.ledgerFile);
  const grants = {
    appRoles: options.appRoles ?? ["Exchange.ManageAsApp"],
    directoryRoles: options.directoryRoles ?? ["exchange-administrator" as const],
  };
  const roles: readonly string[] = grants.directoryRoles;
  const odd = roles.find((role) => !isDirectoryRole(role));
  if (odd !== undefined) throw new Error(`Cannot grant "${odd}": no such directory role`);
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
          staleMs: () => clock.real(profile.get().quirks.staleEverywhereSeconds * 1000),
        },
        createOrganisation,
      ),
  );
  const world: World = {
    seed,
    clock,
    dice,
    // What ends after stop() is not written any more.
    ledger: new Ledger(file && ((line) => void (file.writableEnded || file.write(`${line}\n`)))),
    late: new LateWork(),
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
  const api = new AdminApi(world);
  const server = await openServer(world, api, options.port ?? 0, options.host ?? "127.0.0.1");
  return {
    url: server.url,
    tenants: tenants.map((tenant) => tenant.access),
    ledger: world.ledger,
    profile: () => world.profile.get(),
    setProfile: (patch) => world.profile.set(patch),
    addFaults: (script) => world.faults.add(script),
    truth: (tenantId, sorts) => known(world, tenantId).organisation.truth(sorts),
    facts: (tenantId, identities) => factLines(known(world, tenantId), identities),
    targets: (tenantId) => known(world, tenantId).organisation.targets(),
    inFlight: () => api.inFlight,
    balanceMs: (tenantId) => known(world, tenantId).throttle.balanceMs,
    async stop() {
      world.late.stop();
      const closed = server.close();
      clock.stop();
      await closed;
      if (file) await new Promise<void>((resolve) => file.end(resolve));
    },
  };
}

/** @throws the system's error when the file cannot be opened */
async function openForAppend(path: string): Promise<WriteStream> {
  const file = createWriteStream(path, { flags: "a" });
  await once(file, "open");
  return file;
}

function known(world: World, tenantId: string): Tenant {
  const tenant = findTenant(world, tenantId);
  if (!tenant) throw new Error(`Cannot find tenant "${tenantId}": the emulator has no such tenant`);
  return tenant;
}
