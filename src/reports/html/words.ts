/** What a run was asked for, as people read it: short, also where it is about a list of thousands. Pure. */
import type { Json } from "../../journal/index.ts";

/** `all user, shared mailboxes`; a scope that nobody knows is shown as it is. */
export function scopeWords(scope: Json): string {
  if (!isObject(scope)) return JSON.stringify(scope);
  const { kind, types, identities, changes, opath, count } = scope;
  const of = isList(types) ? types.map(valueWords).join(", ") : "";
  switch (valueWords(kind)) {
    case "all":
      return `all of ${of}`;
    case "sample":
      return `the first ${valueWords(count)} of ${of}`;
    case "filter":
      return `those of ${of} that the filter ${valueWords(opath)} finds`;
    case "list":
      return `a list of ${isList(identities) ? identities.length.toLocaleString("en-US") : "some"}`;
    case "changes":
      return `a plan of ${isList(changes) ? changes.length.toLocaleString("en-US") : "some"} changes`;
    case "imported":
      return `what the file ${valueWords(scope["file"])} (${valueWords(scope["as"])}) tells, as of ${valueWords(scope["takenAt"])}`;
    default:
      return JSON.stringify(scope);
  }
}

/** `rights: full-access, send-as; hubMailboxes: 50`. */
export function parameterWords(params: Json): string {
  if (!isObject(params)) return JSON.stringify(params);
  const words = Object.entries(params).map(([name, value]) => `${name}: ${valueWords(value)}`);
  return words.length === 0 ? "none" : words.join("; ");
}

function valueWords(value: Json | undefined): string {
  if (isList(value)) return value.length === 0 ? "none" : value.map(valueWords).join(", ");
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

function isObject(value: Json): value is { readonly [name: string]: Json } {
  return typeof value === "object" && value !== null && !isList(value);
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
