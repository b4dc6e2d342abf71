import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { unpack } from "../../src/network/index.ts";

test("gzip is told by its first bytes, whatever the label said", async () => {
  expect((await unpack(gzipSync("packed"), 100))?.toString()).toBe("packed");
  expect((await unpack(Buffer.from("plain"), 100))?.toString()).toBe("plain");
  expect((await unpack(Buffer.alloc(0), 100))?.length).toBe(0);
});

test("470 NUL bytes with a label of gzip are 470 NUL bytes", async () => {
  expect(await unpack(Buffer.alloc(470), 1_000)).toEqual(Buffer.alloc(470));
});

test("cut off, damaged and too large are unreadable", async () => {
  const packed = gzipSync("x".repeat(10_000));
  expect(await unpack(packed.subarray(0, packed.length - 5), 100_000)).toBeUndefined();
  expect(await unpack(Buffer.from([0x1f, 0x8b, 1, 2, 3]), 100)).toBeUndefined();
  expect(await unpack(packed, 9_999)).toBeUndefined();
  expect(await unpack(Buffer.alloc(101), 100)).toBeUndefined();
});

test("a bomb of gzip is stopped at the bound", async () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  expect(await unpack(bomb, 1024 * 1024)).toBeUndefined();
});
