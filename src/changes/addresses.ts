/** Proxy addresses: one primary in capitals, in no order (`exo-protocol.md` 5.3). */
import type { ParameterValue } from "../job/index.ts";
import { askedOf, itemsOf, sortedTexts, wantedPairs } from "./lists.ts";
import type { Part } from "./part.ts";

interface Address {
  /** Type and address in lower case. */
  readonly key: string;
  /** It is, or is to be, the one mail is sent from. */
  readonly primary: boolean;
}

export function addresses(property: string, value: ParameterValue): Part | undefined {
  const asked = askedOf(value);
  if (asked === undefined) return undefined;
  if (asked.is === "whole") {
    const wanted = sortedTexts(asked.items.map(addressOf).map(written));
    return {
      property,
      see: (shown) => {
        const items = itemsOf(shown);
        return items && sortedTexts(items.map(addressOf).map(written));
      },
      wants: (seen) => JSON.stringify(seen) === JSON.stringify(wanted),
    };
  }
  const added = asked.add.map(addressOf);
  const pairs = wantedPairs(
    added.map(({ key }) => key),
    asked.remove.map((item) => addressOf(item).key),
    ["secondary", "absent"],
  );
  const primaries = new Set(added.filter(({ primary }) => primary).map(({ key }) => key));
  return {
    property,
    see: (shown) => {
      const held = new Map((itemsOf(shown) ?? []).map(addressOf).map(({ key, primary }) => [key, primary]));
      if (itemsOf(shown) === undefined) return undefined;
      return pairs.map(([key]) => {
        const primary = held.get(key);
        return [key, primary === undefined ? "absent" : primary ? "primary" : "secondary"];
      });
    },
    wants: (seen) =>
      Array.isArray(seen) &&
      seen.length === pairs.length &&
      pairs.every(([key, state], nth) => {
        const text = JSON.stringify(seen[nth]);
        if (state === "absent") return text === JSON.stringify([key, "absent"]);
        // An address that is to be added may be the primary one already; one that is to be primary must be.
        const enough = primaries.has(key) ? ["primary"] : ["secondary", "primary"];
        return enough.some((one) => text === JSON.stringify([key, one]));
      }),
  };
}

function addressOf(text: string): Address {
  const [, prefix = "smtp", rest = ""] = /^(?:([a-z0-9]+):)?(.*)$/is.exec(text.trim()) ?? [];
  return { key: `${prefix}:${rest}`.toLowerCase(), primary: prefix === "SMTP" };
}

function written({ key, primary }: Address): string {
  return primary ? key.replace(/^smtp:/, "SMTP:") : key;
}
