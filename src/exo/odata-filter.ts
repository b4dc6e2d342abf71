/** A filter as PowerShell writes it, in the words of OData; `exo-protocol.md` 1.4. */

const OPERATORS = new Set(["and", "or", "not", "eq", "ne", "lt", "gt", "like", "notlike"]);

/**
 * `RecipientTypeDetails -eq 'SharedMailbox'` → `RecipientTypeDetails eq 'SharedMailbox'`; what is OData already stays as it is.
 * @param refuse ends with what is wrong
 */
export function odataFilter(filter: string, refuse: (cause: string) => never): string {
  if (!filter.isWellFormed()) refuse("the filter is not valid Unicode");
  // Every second part is a text in single quotation marks, doubled inside.
  const parts = filter.split(/('(?:[^']|'')*')/);
  const sent = parts.map((part, place) => (place % 2 === 0 ? unquoted(part, refuse) : part));
  parts.forEach((part, place) => {
    const matches = /\b(not)?like\s*$/i.test(parts[place - 1] ?? "");
    if (place % 2 === 1 && matches && part.slice(2, -2).includes("*"))
      refuse(`a wildcard may stand at the beginning and the end of a value only, not as in ${part}`);
  });
  return sent.join("").trim();
}

function unquoted(part: string, refuse: (cause: string) => never): string {
  if (part.includes("'")) refuse("a quotation mark in the filter is not closed");
  return part
    .replace(/(^|[\s()])-([a-z]+)/gi, (_, before: string, operator: string) => {
      const word = operator.toLowerCase();
      if (!OPERATORS.has(word)) refuse(`"-${word}" is no operator here; use ${[...OPERATORS].join(", ")}`);
      return `${before}${word}`;
    })
    .replace(/\$(true|false|null)\b/gi, (_, word: string) => word.toLowerCase());
}
