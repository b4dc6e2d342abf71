import { expect, test } from "vitest";
import { parseFlag, parseSize, splitList } from "../src/values.ts";

test.each([
  [["FullAccess, ReadPermission"], ["FullAccess", "ReadPermission"]],
  [
    ["FullAccess", "ReadPermission"],
    ["FullAccess", "ReadPermission"],
  ],
  ["SendAs", ["SendAs"]],
  ["a , ,b,", ["a", "b"]],
  [[], []],
  [null, []],
  [undefined, []],
  [[null, 5, "x"], ["x"]],
])("splitList(%j) is %j", (value, parts) => {
  expect(splitList(value)).toEqual(parts);
});

test.each([
  [true, true],
  ["True", true],
  [" false ", false],
  ["False", false],
  ["", undefined],
  [null, undefined],
  [0, undefined],
  ["Local", undefined],
])("parseFlag(%j) is %j", (value, flag) => {
  expect(parseFlag(value)).toBe(flag);
});

test.each([
  ["99 GB (106,300,440,576 bytes)", 106_300_440_576],
  ["35 MB (36,700,160 bytes)", 36_700_160],
  ["256 KB (262.144 bytes)", 262_144],
  ["1,5 GB", 1_610_612_736],
  ["0 B (0 bytes)", 0],
  ["Unlimited", "unlimited"],
  [123n, 123],
  [5, 5],
  ["12", 12],
  [-1, undefined],
  ["", undefined],
  ["soon", undefined],
  [null, undefined],
])("parseSize(%s) is %s", (value, bytes) => {
  expect(parseSize(value)).toBe(bytes);
});
