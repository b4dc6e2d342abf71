/** Rows as bytes of JSON: annotations before values, properties in the order of the .NET object (`exo-protocol.md` 5.2). */
import type { WireRow, WireValue } from "../cmdlet.ts";

export interface RowStyle {
  readonly annotations: boolean;
  readonly escapedUnicode: boolean;
  /** Lower-case names wanted; all when undefined. */
  readonly select: ReadonlySet<string> | undefined;
}

/** A JSON text; beyond ASCII as \u escapes when asked. */
export function jsonText(text: string, escapes: boolean): string {
  const quoted = JSON.stringify(text);
  return escapes ? escaped(quoted) : quoted;
}

function escaped(json: string): string {
  if (!/[\u007f-\uffff]/.test(json)) return json;
  return json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

export class RowEncoder {
  /** `"X@data.type":"System.Guid","X@odata.type":"#Guid","X":` of the last type a name had: nearly always the only one. */
  readonly #prefixes = new Map<string, { readonly shape: WireValue["type"]; readonly text: string }>();

  encode(row: WireRow, style: RowStyle): string {
    let text = "{";
    for (const [name, value] of row) {
      if (style.select && !style.select.has(name.toLowerCase())) continue;
      if (text.length > 1) text += ",";
      text += this.#prefix(name, style.annotations ? value.type : "plain") + encodeValue(name, value, style);
    }
    return `${text}}`;
  }

  #prefix(name: string, shape: WireValue["type"]): string {
    const known = this.#prefixes.get(name);
    if (known?.shape === shape) return known.text;
    const text = prefixOf(name, shape);
    this.#prefixes.set(name, { shape, text });
    return text;
  }
}

function prefixOf(name: string, shape: WireValue["type"]): string {
  const member = (suffix: string): string => JSON.stringify(name + suffix);
  const typed = (system: string): string => `${member("@data.type")}:"System.${system}",`;
  const before = {
    plain: "",
    int64: "",
    json: "",
    strings: `${member("@odata.type")}:"#Collection(String)",`,
    guid: `${typed("Guid")}${member("@odata.type")}:"#Guid",`,
    datetime: typed("DateTime"),
    int32: typed("Int32"),
    int16: `${typed("Int16")}${member("@odata.type")}:"#Int16",`,
  }[shape];
  return `${before}${member("")}:`;
}

function encodeValue(name: string, value: WireValue, style: RowStyle): string {
  if (value.type === "strings")
    return `[${value.value.map((item) => jsonText(item, style.escapedUnicode)).join(",")}]`;
  if (value.type === "json") return style.escapedUnicode ? escaped(value.value) : value.value;
  if (value.type === "guid") return `"${value.value}"`;
  if (value.type === "datetime") {
    const [moment] = value.value.toISOString().split("Z");
    return `"${moment}0000${name.endsWith("UTC") ? "Z" : "+00:00"}"`;
  }
  if (typeof value.value === "string") return jsonText(value.value, style.escapedUnicode);
  return String(value.value);
}
