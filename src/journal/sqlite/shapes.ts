/** Packs objects: the values as a JSON array, the keys once per file. */
import type { Json } from "../contract/json.ts";
import { asNumber, asText } from "../cells.ts";
import { WHOLE, markOfNames } from "../seal.ts";
import type { Connection } from "./connection.ts";

/** What is stored: a JSON text, and the key of the list of names it lacks; 0 when it lacks none. */
export interface Packed {
  readonly shape: number;
  readonly text: string;
}

/** What objects of one shape have in common. */
interface Form {
  readonly names: readonly string[];
  /** All names, without values. */
  readonly empty: Readonly<Record<string, Json>>;
}

/** Shape of a value stored as plain JSON. */
const PLAIN = 0;

export class Shapes {
  readonly #keys = new Map<string, number>();
  readonly #forms = new Map<number, Form>();
  readonly #marks = new Map<number, string>();

  pack(db: Connection, value: Json): Packed {
    if (typeof value !== "object" || value === null || isList(value) || Object.hasOwn(value, "__proto__")) {
      return { shape: PLAIN, text: JSON.stringify(value) };
    }
    return {
      shape: this.#keyOf(db, JSON.stringify(Object.keys(value))),
      text: JSON.stringify(Object.values(value)),
    };
  }

  unpack(db: Connection, shape: number, text: string): Json {
    const stored: Json = JSON.parse(text);
    if (shape === PLAIN || !isList(stored)) return stored;
    // Copied and filled in: an object that grows name by name costs three times as much, and there are millions.
    const { names, empty } = this.#formOf(db, shape);
    const value: Record<string, Json> = { ...empty };
    for (let place = 0; place < names.length; place += 1) value[names[place] ?? ""] = stored[place] ?? null;
    return value;
  }

  /** What stands for a list of names in seals: the key alone would not notice that the list was edited. */
  markOf(db: Connection, shape: number): string {
    const known = this.#marks.get(shape);
    if (known !== undefined) return known;
    const names = db.get("SELECT names FROM shapes WHERE key = ?", shape)?.["names"];
    const mark = shape === PLAIN ? WHOLE : markOfNames(typeof names === "string" ? names : "");
    this.#marks.set(shape, mark);
    return mark;
  }

  /** Forgets what it knows: a key given out in a transaction that was undone belongs to nobody. */
  forget(): void {
    this.#keys.clear();
    this.#forms.clear();
    this.#marks.clear();
  }

  #keyOf(db: Connection, names: string): number {
    const known = this.#keys.get(names);
    if (known !== undefined) return known;
    db.run("INSERT OR IGNORE INTO shapes (names) VALUES (?)", names);
    const key = asNumber(db.get("SELECT key FROM shapes WHERE names = ?", names)?.["key"]);
    this.#keys.set(names, key);
    return key;
  }

  #formOf(db: Connection, shape: number): Form {
    const known = this.#forms.get(shape);
    if (known !== undefined) return known;
    const names: readonly string[] = JSON.parse(
      asText(db.get("SELECT names FROM shapes WHERE key = ?", shape)?.["names"]),
    );
    const form = { names, empty: Object.fromEntries(names.map((name) => [name, null])) };
    this.#forms.set(shape, form);
    return form;
  }
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
