/** Rows as bytes of JSON: annotations before values, properties in the order of the .NET object (`exo-protocol.md` 5.2). */
import type { WireRow, WireValue } from "../cmdlet.ts";

export interface RowStyle {
  readonly annotations: boolean;
  readonly escapedUnicode: boolean;
  /** Lower-case names wanted; all when undefined. */
  readonly select: ReadonlySet<string> | undefined;
}

// eslint-disable-next-line no-control-regex
const BEYOND_ASCII = /[\u007f-\uffff]/g;

/** A JSON text; beyond ASCII as \u escapes when asked. */
export function jsonText(text: string, escaped: boolean): string {
  const quoted = JSON.stringify(text);
  return escaped
    ? quoted.replace(BEYOND_ASCII, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    : quoted;
}

export class RowEncoder {
  /** `"X@data.type":"System.Guid","X@odata.type":"#Guid","X":` by type and name. */
  readonly #prefixes = new Map<string, string>();

  encode(row: WireRow, style: RowStyle): string {
    let text = "{";
    for (const [name, value] of row) {
      if (style.select && !style.select.has(name.toLowerCase())) continue;
      if (text.length > 1) text += ",";
      text += this.#prefix(name, value.type, style.annotations) + encodeValue(name, value, style);
    }
    return `${text}}`;
  }

  #prefix(name: string, type: WireValue["type"], annotations: boolean): string {
    const shape = annotations ? type : "plain";
    const key = `${shape}/${name}`;
    let prefix = this.#prefixes.get(key);
    if (prefix === undefined) {
      const member = (suffix: string): string => JSON.stringify(name + suffix);
      const typed = (system: string): string => `${member("@data.type")}:"System.${system}",`;
      const before = {
        plain: "",
        int64: "",
        strings: `${member("@odata.type")}:"#Collection(String)",`,
        guid: `${typed("Guid")}${member("@odata.type")}:"#Guid",`,
        datetime: typed("DateTime"),
        int32: typed("Int32"),
        int16: `${typed("Int16")}${member("@odata.type")}:"#Int16",`,
      }[shape];
      prefix = `${before}${member("")}:`;
      this.#prefixes.set(key, prefix);
    }
    return prefix;
  }
}

function encodeValue(name: string, value: WireValue, style: RowStyle): string {
  if (value.type === "strings")
    return `[${value.value.map((item) => jsonText(item, style.escapedUnicode)).join(",")}]`;
  if (value.type === "guid") return `"${value.value}"`;
  if (value.type === "datetime") {
    const [moment] = value.value.toISOString().split("Z");
    return `"${moment}0000${name.endsWith("UTC") ? "Z" : "+00:00"}"`;
  }
  if (typeof value.value === "string") return jsonText(value.value, style.escapedUnicode);
  return String(value.value);
}
