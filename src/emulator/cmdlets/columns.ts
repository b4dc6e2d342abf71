/** Rows from a table of properties: one property can be read for a filter without making the row. */
import type { WireRow, WireValue } from "../cmdlet.ts";
import type { Model } from "../organisation/model.ts";
import type { State, View } from "../organisation/overlay.ts";
import type { Recipient } from "../organisation/recipient.ts";

/** An object as one caller sees it now; each side of it is worked out once, when first asked for. */
export class Seen {
  readonly recipient: Recipient;
  readonly model: Model;
  readonly view: View | "latest";
  #state: State | undefined;
  #set: State["set"] | undefined;

  constructor(model: Model, view: View | "latest", recipient: Recipient) {
    this.model = model;
    this.view = view;
    this.recipient = recipient;
  }

  /** What is held on the object. */
  get state(): State {
    this.#state ??= this.model.overlay.state(this.recipient.index, this.view);
    return this.#state;
  }

  /** Properties that were written, by lower-case name. */
  get set(): State["set"] {
    this.#set ??= this.model.overlay.writtenOn(this.recipient.index, this.view).set;
    return this.#set;
  }
}

/** A property: its name, and its value, which is `undefined` where the service leaves it out. */
export type Column = readonly [name: string, read: (seen: Seen) => WireValue | undefined];

interface NamedColumn {
  readonly name: string;
  /** In lower case. */
  readonly key: string;
  readonly read: Column[1];
}

export class Columns {
  readonly #columns: readonly NamedColumn[];
  readonly #byKey: ReadonlyMap<string, NamedColumn>;

  constructor(columns: readonly Column[]) {
    this.#columns = columns.map(([name, read]) => ({ name, key: name.toLowerCase(), read }));
    this.#byKey = new Map(this.#columns.map((column) => [column.key, column]));
  }

  has(name: string): boolean {
    return this.#byKey.has(name.toLowerCase());
  }

  /** @param select lower-case names of the properties wanted; all when absent */
  row(seen: Seen, select?: ReadonlySet<string>): WireRow {
    const row: [string, WireValue][] = [];
    for (const { name, key, read } of this.#columns) {
      if (select !== undefined && !select.has(key)) continue;
      const value = seen.set.get(key) ?? read(seen);
      if (value !== undefined) row.push([name, value]);
    }
    return row;
  }

  /** One property, by name in any casing; a written one wins. */
  value(seen: Seen, name: string): WireValue | undefined {
    const key = name.toLowerCase();
    return seen.set.get(key) ?? this.#byKey.get(key)?.read(seen);
  }
}
