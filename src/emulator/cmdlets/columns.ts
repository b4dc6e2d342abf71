/** Rows from a table of properties: one property can be read for a filter without making the row. */
import type { WireRow, WireValue } from "../cmdlet.ts";
import type { Model } from "../organisation/model.ts";
import type { State, View } from "../organisation/overlay.ts";
import type { Recipient } from "../organisation/recipient.ts";

/** An object as one caller sees it now. */
export class Seen {
  readonly recipient: Recipient;
  readonly model: Model;
  readonly view: View;
  #state: State | undefined;

  constructor(model: Model, view: View, recipient: Recipient) {
    this.model = model;
    this.view = view;
    this.recipient = recipient;
  }

  /** What is held on the object; worked out once, when first asked for. */
  get state(): State {
    this.#state ??= this.model.overlay.state(this.recipient.index, this.view);
    return this.#state;
  }

  /** A property that was written, by lower-case name. */
  setValue(name: string): WireValue | undefined {
    return this.model.overlay.setOn(this.recipient.index, this.view).get(name);
  }
}

/** A property: its name, and its value, which is `undefined` where the service leaves it out. */
export type Column = readonly [name: string, read: (seen: Seen) => WireValue | undefined];

export class Columns {
  readonly #columns: readonly Column[];
  readonly #byName: ReadonlyMap<string, Column>;

  constructor(columns: readonly Column[]) {
    this.#columns = columns;
    this.#byName = new Map(columns.map((column) => [column[0].toLowerCase(), column]));
  }

  get names(): readonly string[] {
    return this.#columns.map(([name]) => name);
  }

  has(name: string): boolean {
    return this.#byName.has(name.toLowerCase());
  }

  row(seen: Seen): WireRow {
    return this.#columns.flatMap(([name, read]) => {
      const value = seen.setValue(name.toLowerCase()) ?? read(seen);
      return value === undefined ? [] : [[name, value] as const];
    });
  }

  /** One property, by name in any casing; a written one wins. */
  value(seen: Seen, name: string): WireValue | undefined {
    const wanted = name.toLowerCase();
    return seen.setValue(wanted) ?? this.#byName.get(wanted)?.[1](seen);
  }
}
