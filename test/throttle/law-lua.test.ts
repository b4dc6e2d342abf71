import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { hashIn, LAW_LUA_FILE, lawHash } from "../../scripts/law-sources.ts";

test("the Lua law is made from the law as it is: else run npm run build:law", () => {
  expect(hashIn(readFileSync(LAW_LUA_FILE, "utf8")), "run npm run build:law").toBe(lawHash());
});
