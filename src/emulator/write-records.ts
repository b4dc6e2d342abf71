/** What the ledger knows of writes beyond other calls: which write each was, and what it did to the truth. Reads have no part in it. */

/** A write as its caller put it. */
export interface WriteFacts {
  /** The object as the caller named it; undefined where no text does. */
  readonly identity: string | undefined;
  /** What the identity names inside a mailbox, a folder or a rule; empty for the mailbox itself. */
  readonly inside: string;
  /**
   * JSON text of the parameters as they were received: annotations stripped, without `Identity`, `Confirm`, `WhatIf` and the common ones,
   * names spelled as the caller did, the members of every object in the order of their names.
   */
  readonly parameters: string;
}

/** One call of a write. "This very write" is one tenant, cmdlet, object and `parameters`. */
export interface WriteEntry {
  readonly identity: string | null;
  readonly parameters: string;
  /** Which call of this very write it is, from 1. */
  readonly nth: number;
  /** How often this very write has been executed by now, all its calls together. */
  readonly executions: number;
  /** Whether this call made something true that was not; null while it was not executed. */
  readonly changed: boolean | null;
}

/** All calls of one write together. */
export interface WriteSum {
  readonly tenantId: string;
  readonly cmdlet: string;
  readonly subject: string | null;
  readonly identity: string | null;
  readonly parameters: string;
  readonly arrived: number;
  readonly executed: number;
  /** Of the executions, how many changed something. */
  readonly changed: number;
}

interface Write {
  readonly key: string;
  readonly facts: Omit<WriteSum, "arrived" | "executed" | "changed">;
  arrived: number;
  /** Of those that arrived, how many the throttle let nobody carry out. */
  refused: number;
  executed: number;
  changed: number;
}

interface Call {
  readonly write: Write;
  readonly identity: string | null;
  readonly nth: number;
  /** None before it got past the throttle. */
  readonly first: boolean;
  changed: boolean | null;
}

export class WriteRecords {
  readonly #writes = new Map<string, Write>();
  /** By ledger number, which only grows. */
  readonly #calls = new Map<number, Call>();

  arrived(
    n: number,
    call: { readonly tenantId: string; readonly cmdlet: string; readonly subject: string | undefined },
    { identity = "", inside, parameters }: WriteFacts,
  ): void {
    const { tenantId, cmdlet, subject } = call;
    // A mailbox is the same whatever it is called.
    const object = subject === undefined ? identity : `${subject}/${inside}`;
    const key = JSON.stringify([tenantId, cmdlet, object.toLowerCase(), parameters]);
    let write = this.#writes.get(key);
    if (write === undefined) {
      const facts = { tenantId, cmdlet, subject: subject ?? null, identity: identity || null, parameters };
      write = { key, facts, arrived: 0, refused: 0, executed: 0, changed: 0 };
      this.#writes.set(key, write);
    }
    write.arrived += 1;
    const { arrived: nth, refused } = write;
    this.#calls.set(n, { write, identity: identity || null, nth, first: nth - refused === 1, changed: null });
  }

  answered(n: number, status: number): void {
    const call = this.#calls.get(n);
    if (call !== undefined && status === 429) call.write.refused += 1;
  }

  /** True for a read, and for a write of which no earlier call got past the throttle. */
  isFirst(n: number): boolean {
    return this.#calls.get(n)?.first ?? true;
  }

  executed(n: number, changed: boolean): void {
    const call = this.#calls.get(n);
    if (call === undefined) return;
    call.changed = changed;
    call.write.executed += 1;
    if (changed) call.write.changed += 1;
  }

  labelOf(n: number): string | undefined {
    const call = this.#calls.get(n);
    return call && `${call.write.key}#${call.nth}`;
  }

  entry(n: number): WriteEntry | undefined {
    const call = this.#calls.get(n);
    if (call === undefined) return undefined;
    const { write, identity, nth, changed } = call;
    return { identity, parameters: write.facts.parameters, nth, executions: write.executed, changed };
  }

  /** Ledger numbers of writes, from one on. */
  *numbers(from: number): Generator<number> {
    for (const n of this.#calls.keys()) if (n >= from) yield n;
  }

  *sums(tenantId: string): Generator<WriteSum> {
    for (const { facts, arrived, executed, changed } of this.#writes.values())
      if (facts.tenantId === tenantId) yield { ...facts, arrived, executed, changed };
  }
}
