import { expect, test } from "vitest";
import { parameterWords, scopeWords } from "../../../src/reports/html/words.ts";

test.each([
  [{ kind: "all", types: ["user", "shared"] }, "all of user, shared"],
  [{ kind: "sample", count: 10, types: ["user"] }, "the first 10 of user"],
  [
    { kind: "filter", opath: "Office -eq 'x'", types: ["room"] },
    "those of room that the filter Office -eq 'x' finds",
  ],
  [
    { kind: "list", identities: Array.from({ length: 20_000 }, (_, n) => `${n}@x.example`) },
    "a list of 20,000",
  ],
  [{ kind: "changes", changes: [{}, {}] }, "a plan of 2 changes"],
  [{ kind: "other" }, '{"kind":"other"}'],
  [null, "null"],
])("a scope is said in words, however long its list is", (scope, words) => {
  expect(scopeWords(scope)).toBe(words);
});

test("parameters are said by name, lists of them with commas", () => {
  expect(parameterWords({})).toBe("none");
  expect(parameterWords({ rights: ["a", "b"], sensitive: [], hubMailboxes: 50, of: { x: 1 } })).toBe(
    'rights: a, b; sensitive: none; hubMailboxes: 50; of: {"x":1}',
  );
});
