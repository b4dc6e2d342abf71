/** What was written since the organisation was made: the only thing that is stored, a version for each write. */
import { isDeepStrictEqual } from "node:util";
import type { WireValue } from "../cmdlet.ts";
import type { FolderEntry } from "./folders.ts";
import type { Held } from "./held.ts";
import type { InboxRule } from "./inbox-rules.ts";

/** An object's changeable side: what is held on it, and properties that were set (by lower-case name). */
export interface State extends Held {
  readonly set: ReadonlyMap<string, WireValue>;
  /** Entries of folders that were written to, by folder id. */
  readonly folders: ReadonlyMap<string, readonly FolderEntry[]>;
  /** Inbox rules, in the order they work; undefined while nobody has written any. */
  readonly rules: readonly InboxRule[] | undefined;
  /** Numbers of a group's members; undefined while nobody has written any. */
  readonly members: readonly number[] | undefined;
  /** How often cmdlets ran that leave nothing to read, by name. */
  readonly runs: ReadonlyMap<string, number>;
}

/** Who looks, and when. Writes are visible at once to their own connection, later to others. */
export interface View {
  readonly nowMs: number;
  readonly connectionId: string | undefined;
}

type Change = (state: State) => State;

interface Version {
  readonly writtenAtMs: number;
  readonly connectionId: string | undefined;
  readonly change: Change;
}

interface Written {
  /** What everybody sees. */
  settled: State;
  /** Oldest first. */
  readonly pending: Version[];
}

const NOTHING_SET: State["set"] = new Map();
const UNTOUCHED: Omit<State, keyof Held> = {
  set: NOTHING_SET,
  folders: new Map(),
  rules: undefined,
  members: undefined,
  runs: new Map(),
};

export class Overlay {
  readonly #original: (index: number) => Held;
  readonly #lagMs: () => number;
  readonly #staleMs: () => number;
  readonly #isRemoved: (index: number) => boolean;
  readonly #written = new Map<number, Written>();
  #changes = 0;

  /**
   * @param lagMs how long a write stays unseen on other connections
   * @param staleMs how long it stays unseen on every connection
   * @param isRemoved a delegate who is deleted is one no more; entries of rights keep the id of nobody
   */
  constructor(
    original: (index: number) => Held,
    lagMs: () => number,
    staleMs: () => number,
    isRemoved: (index: number) => boolean = () => false,
  ) {
    this.#isRemoved = isRemoved;
    this.#original = original;
    this.#lagMs = lagMs;
    this.#staleMs = staleMs;
  }

  /** How many writes have made an object another than it was. */
  get changes(): number {
    return this.#changes;
  }

  /** The object as a view shows it; `latest` sees every write. */
  state(index: number, view: View | "latest"): State {
    const written = this.#written.get(index);
    if (written === undefined) return this.#withoutRemoved(this.#untouched(index));
    return this.#withoutRemoved(
      written.pending
        .filter((version) => view === "latest" || this.#isSeen(version, view))
        .reduce((state, { change }) => change(state), written.settled),
    );
  }

  #withoutRemoved(state: State): State {
    if (!state.delegates.some(({ index }) => this.#isRemoved(index ?? -1))) return state;
    return { ...state, delegates: state.delegates.filter(({ index }) => !this.#isRemoved(index ?? -1)) };
  }

  /** What was written on an object, without working out what is held on one nobody wrote to. */
  writtenOn(index: number, view: View | "latest"): Omit<State, keyof Held> {
    return this.#written.has(index) ? this.state(index, view) : UNTOUCHED;
  }

  /** Numbers of the objects somebody has written to. */
  objects(): Iterable<number> {
    return this.#written.keys();
  }

  write(index: number, view: View, change: Change): void {
    const written = this.#written.get(index) ?? { settled: this.#untouched(index), pending: [] };
    this.#written.set(index, written);
    const before = this.state(index, "latest");
    if (!isDeepStrictEqual(change(before), before)) this.#changes += 1;
    const settleMs = Math.max(this.#lagMs(), this.#staleMs());
    const isOld = (version: Version): boolean => version.writtenAtMs + settleMs <= view.nowMs;
    for (
      let oldest = written.pending[0];
      oldest !== undefined && isOld(oldest);
      oldest = written.pending[0]
    ) {
      written.settled = oldest.change(written.settled);
      written.pending.shift();
    }
    written.pending.push({ writtenAtMs: view.nowMs, connectionId: view.connectionId, change });
  }

  #untouched(index: number): State {
    return { ...this.#original(index), ...UNTOUCHED };
  }

  #isSeen(version: Version, view: View): boolean {
    const own = version.connectionId !== undefined && version.connectionId === view.connectionId;
    const unseenMs = own ? this.#staleMs() : Math.max(this.#lagMs(), this.#staleMs());
    return version.writtenAtMs + unseenMs <= view.nowMs;
  }
}
