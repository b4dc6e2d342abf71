/** Everything the parts of one emulator share. */
import type { Clock } from "./clock.ts";
import type { LateWork } from "./late.ts";
import type { Ledger } from "./ledger.ts";
import type { DeviceCodes } from "./login/device-codes.ts";
import type { SigningKey } from "./login/jwt.ts";
import type { CurrentProfile } from "./profile/current.ts";
import type { FaultPlan } from "./profile/fault-plan.ts";
import type { Dice } from "./random.ts";
import type { Cursors } from "./service/cursors.ts";
import type { RowEncoder } from "./service/encode.ts";
import type { Tenant } from "./tenant.ts";

export interface World {
  readonly seed: number;
  readonly clock: Clock;
  readonly dice: Dice;
  readonly ledger: Ledger;
  readonly late: LateWork;
  readonly profile: CurrentProfile;
  readonly faults: FaultPlan;
  readonly tenants: readonly Tenant[];
  readonly key: SigningKey;
  readonly codes: DeviceCodes;
  readonly cursors: Cursors;
  readonly encoder: RowEncoder;
  /** Real epoch ms. */
  now(): number;
}

/** The tenant a path segment or a token names. */
export function findTenant(world: World, segment: string): Tenant | undefined {
  const wanted = segment.toLowerCase();
  return world.tenants.find(
    ({ access, vanityDomain }) =>
      access.tenantId === wanted || access.domain === wanted || vanityDomain === wanted,
  );
}
