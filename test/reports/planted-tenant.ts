/** Ten thousand changes planted between two nights of a tenant, and what the difference of the two is then. The same for the same seed. */
import type { Outcome } from "../../src/journal/index.ts";
import type { Box, Grant, Right } from "./delta-runs.ts";

/** Rows that are to be found, at least. */
const CHANGES = 10_000;

/** Of the tenants that the test plants changes in. */
export const SEEDS = [1, 2] as const;

const RIGHTS: readonly Right[] = ["FullAccess", "SendAs", "SendOnBehalf"];
const UNREAD: readonly Outcome[] = ["failed", "denied", "quarantined", "cancelled"];

/** Numbers from 0 to below 1, the same ones for the same seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A tenant on two nights, and what happened in between. */
class PlantedTenant {
  readonly before: Box[] = [];
  readonly after: Box[] = [];
  readonly expected: string[] = [];
  readonly planted = new Map<string, number>();
  readonly #next: () => number;
  #people = 0;

  constructor(seed: number) {
    this.#next = random(seed);
  }

  upTo(most: number): number {
    return Math.floor(this.#next() * most);
  }

  grant(): Grant {
    this.#people += 1;
    return {
      right: RIGHTS[this.upTo(3)] ?? "FullAccess",
      sid: `S-1-5-21-${this.#people}`,
      // Names are shared by many.
      trustee: `person ${this.upTo(40)}`,
    };
  }

  grants(): Grant[] {
    return Array.from({ length: this.upTo(6) }, () => this.grant());
  }

  shuffled<T>(items: readonly T[]): T[] {
    return items
      .map((item) => ({ item, at: this.#next() }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item);
  }

  plant(what: string): void {
    this.planted.set(what, (this.planted.get(what) ?? 0) + 1);
  }

  expect(kind: string, box: Box, grants: readonly Grant[]): void {
    for (const { right, sid, allow } of grants)
      this.expected.push(`${kind} ${box.id} ${right} ${sid}${allow === false ? " denied" : ""}`);
  }

  /** Expects all of its rows, or the mailbox itself when it has none. */
  expectAll(kind: string, box: Box, grants = box.grants): void {
    if (grants.length === 0) this.expected.push(`${kind} ${box.id}`);
    this.expect(kind, box, grants);
  }
}

type Plan = (tenant: PlantedTenant, box: Box) => void;

function bothAs(tenant: PlantedTenant, before: Box, after: Box): void {
  tenant.before.push(before);
  tenant.after.push(after);
}

/** Only what bulk reads bring is known of a mailbox that was not read. */
const ofItself = (grants: readonly Grant[]): Grant[] => grants.filter(({ right }) => right === "FullAccess");
const ofBulk = (grants: readonly Grant[]): Grant[] => grants.filter(({ right }) => right !== "FullAccess");

/** What can happen to a mailbox from one night to the next. */
const PLANS: Readonly<Record<string, Plan>> = {
  nothing: (tenant, box) => bothAs(tenant, box, { ...box, grants: tenant.shuffled(box.grants) }),
  "grants added and removed": (tenant, box) => {
    const kept = box.grants.filter(() => tenant.upTo(2) === 0);
    const added = [tenant.grant(), ...tenant.grants()];
    bothAs(tenant, box, { ...box, grants: tenant.shuffled([...kept, ...added]) });
    tenant.expect("added", box, added);
    tenant.expect(
      "removed",
      box,
      box.grants.filter((grant) => !kept.includes(grant)),
    );
  },
  "trustees disabled": (tenant, box) => {
    const disabled = box.grants.map((grant) => ({ ...grant, cells: { TrusteeClass: "disabled" } }));
    bothAs(tenant, box, { ...box, grants: disabled });
    tenant.expect("changed", box, box.grants);
  },
  "grants turned into denials": (tenant, box) => {
    const denied = box.grants.map((grant) => ({ ...grant, allow: false }));
    bothAs(tenant, box, { ...box, grants: denied });
    tenant.expect("removed", box, box.grants);
    tenant.expect("added", box, denied);
  },
  "the mailbox renamed": (tenant, box) => bothAs(tenant, box, { ...box, name: `${box.name} married` }),
  "trustees renamed": (tenant, box) =>
    bothAs(tenant, box, {
      ...box,
      grants: box.grants.map((grant) => ({ ...grant, trustee: `${grant.trustee} jr` })),
    }),
  "trustees created anew under the same name": (tenant, box) => {
    const anew = box.grants.map((grant) => ({ ...grant, sid: `${grant.sid}9999` }));
    bothAs(tenant, box, { ...box, grants: anew });
    tenant.expect("removed", box, box.grants);
    tenant.expect("added", box, anew);
  },
  "the mailbox created anew under the same name": (tenant, box) => {
    const anew = { ...box, id: `${box.id}-anew` };
    bothAs(tenant, box, anew);
    tenant.expectAll("mailbox-gone", box);
    tenant.expectAll("mailbox-added", anew);
  },
  "the mailbox added": (tenant, box) => {
    tenant.after.push(box);
    tenant.expectAll("mailbox-added", box);
  },
  "the mailbox gone": (tenant, box) => {
    tenant.before.push(box);
    tenant.expectAll("mailbox-gone", box);
  },
  "the mailbox gone between listing and reading": (tenant, box) => {
    bothAs(tenant, box, { ...box, outcome: "gone", grants: [] });
    tenant.expectAll("mailbox-gone", box);
  },
  "not read by the newer run": (tenant, box) => {
    const outcome = UNREAD[tenant.upTo(UNREAD.length)] ?? "failed";
    bothAs(tenant, box, { ...box, outcome, grants: ofBulk(box.grants) });
    tenant.expectAll("unknown", box, ofItself(box.grants));
  },
  "not read by the newer run, and a bulk right taken away": (tenant, box) => {
    bothAs(tenant, box, { ...box, outcome: "failed", grants: [] });
    tenant.expectAll("unknown", box, ofItself(box.grants));
    tenant.expect("removed", box, ofBulk(box.grants));
  },
  "not read by the older run": (tenant, box) => {
    bothAs(tenant, { ...box, outcome: "denied", grants: ofBulk(box.grants) }, box);
    tenant.expectAll("unknown", box, ofItself(box.grants));
  },
  "read by neither": (tenant, box) => {
    const unread: Box = { ...box, outcome: "failed", grants: [] };
    bothAs(tenant, unread, unread);
    tenant.expected.push(`unknown ${box.id}`);
  },
};

/** What can happen, by name. */
export const HAPPENINGS: readonly string[] = Object.keys(PLANS);

export function plantedTenant(seed: number): PlantedTenant {
  const tenant = new PlantedTenant(seed);
  const plans = Object.entries(PLANS);
  for (let n = 0; tenant.expected.length < CHANGES; n += 1) {
    const [name, plan] = plans[n % plans.length] ?? ["nothing", PLANS["nothing"]];
    tenant.plant(name);
    plan?.(tenant, { id: `m${n}`, name: `box ${n % 700}`, grants: tenant.grants() });
  }
  return tenant;
}
