/** Decides which fault strikes which call: scripted ones first, then by rate from the seed. */
import type { Dice } from "../random.ts";
import {
  FAULTS,
  strikesItem,
  type Fault,
  type FaultKind,
  type Faults,
  type ScriptedFault,
} from "./faults.ts";

export interface FaultTarget {
  readonly tenantId: string;
  readonly cmdlet: string;
  readonly subject: string | undefined;
  readonly writes: boolean;
}

interface Counted {
  readonly scripted: ScriptedFault;
  matched: number;
  struck: number;
}

const KINDS = Object.keys(FAULTS) as readonly FaultKind[];

export class FaultPlan {
  readonly #dice: Dice;
  #added: readonly Counted[] = [];
  #script: readonly ScriptedFault[] = [];
  #counted: readonly Counted[] = [];

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  /** Adds scripted faults to those of the profile. */
  add(script: readonly ScriptedFault[]): void {
    this.#added = [...this.#added, ...script.map(counted)];
  }

  /** Forgets the faults that were added. */
  clear(): void {
    this.#added = [];
  }

  /** The scripted fault for a call; every call is to be asked for exactly once. */
  scripted(faults: Faults, target: FaultTarget): Fault | undefined {
    if (faults.script !== this.#script) {
      this.#script = faults.script;
      this.#counted = faults.script.map(counted);
    }
    if (this.#added.length + this.#counted.length === 0) return undefined;
    let strike: Fault | undefined;
    for (const entry of [...this.#added, ...this.#counted]) {
      const { match, fault, times } = entry.scripted;
      if (!matches(match, target)) continue;
      entry.matched += 1;
      if (match.nth !== undefined && entry.matched < match.nth) continue;
      if (entry.struck >= (times ?? (match.nth === undefined ? Number.POSITIVE_INFINITY : 1))) continue;
      if (strike) continue;
      entry.struck += 1;
      strike = fault;
    }
    return strike;
  }

  /** A fault by rate: of one item, or of a whole request. */
  byRate(faults: Faults, of: "item" | "request", writes: boolean): Fault | undefined {
    if (writes && faults.readsOnly) return undefined;
    for (const kind of KINDS) {
      if (strikesItem(kind) !== (of === "item")) continue;
      if (this.#dice.chance(`fault/${kind}`, faults.rates[kind] ?? 0))
        return { kind, delaySeconds: faults.delaySeconds };
    }
    return undefined;
  }
}

function counted(scripted: ScriptedFault): Counted {
  return { scripted, matched: 0, struck: 0 };
}

function matches(match: ScriptedFault["match"], target: FaultTarget): boolean {
  return (
    (match.cmdlet === undefined || match.cmdlet.toLowerCase() === target.cmdlet.toLowerCase()) &&
    (match.subject === undefined || match.subject.toLowerCase() === target.subject) &&
    (match.tenantId === undefined || match.tenantId.toLowerCase() === target.tenantId)
  );
}
