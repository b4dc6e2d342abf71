import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import type { RowSource } from "../../../src/emulator/cmdlet.ts";
import { type Tenant, plain, tenant, textOf } from "./tenant.ts";

const MB = 2 ** 20;
const million = tenant({ mailboxes: 1_000_000 });

/** Bytes of the heap that are in use after everything unused was thrown away. */
function heapBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect === "function") collect();
  return process.memoryUsage().heapUsed;
}

function sourceOf({ answer }: Tenant, cmdlet: string, parameters = {}): RowSource {
  const given = answer(cmdlet, parameters);
  if (given.kind !== "rows") throw new Error(`Cannot list with ${cmdlet}: it answered ${given.kind}`);
  return given.source;
}

/** Reads pages from places all over a listing. */
function sample(source: RowSource, pages: number): number {
  let rows = 0;
  for (let nth = 0; nth < pages; nth++) {
    const place = `${Math.floor((nth * 1_000_000) / pages)}.0`;
    rows += source.read(place, 1000).rows.length;
  }
  return rows;
}

test("memory stays flat while a million mailboxes are read, looked up and told the truth of", () => {
  const before = heapBytes();
  expect(sample(sourceOf(million, "Get-RecipientPermission"), 100)).toBe(100_000);
  expect(sample(sourceOf(million, "Get-Mailbox"), 5)).toBe(5000);
  expect(sample(sourceOf(million, "Get-Recipient"), 5)).toBe(5000);
  let facts = 0;
  for (const { right } of million.organisation.truth()) {
    facts += Number(right !== "");
    if (facts === 50_000) break;
  }
  expect((heapBytes() - before) / MB).toBeLessThan(20);
});

test("a page costs the same wherever it begins", () => {
  const source = sourceOf(million, "Get-RecipientPermission");
  const times = [0, 499_000, 998_000].map((index) => {
    const runs = [1, 2, 3, 4, 5].map(() => {
      const started = performance.now();
      source.read(`${index}.0`, 1000);
      return performance.now() - started;
    });
    return Math.min(...runs);
  });
  // Generous, because other work may share the processor: reading up to the place would cost seconds.
  expect(Math.max(...times)).toBeLessThan(1000);
});

test("one among a million is found and filtered for without looking at the others", () => {
  const [row] = sourceOf(million, "Get-Mailbox").read("876543.0", 1).rows;
  const mailbox = plain(row ?? []);
  const started = performance.now();
  for (const property of [
    "ExternalDirectoryObjectId",
    "UserPrincipalName",
    "PrimarySmtpAddress",
    "Alias",
    "Guid",
  ]) {
    const filter = `${property} -eq '${textOf(mailbox[property]).replaceAll("'", "''")}'`;
    expect(million.ask("Get-Mailbox", { Filter: filter }).rows).toEqual([mailbox]);
  }
  expect(million.ask("Get-Mailbox", { Identity: mailbox["ExchangeGuid"] }).rows).toEqual([mailbox]);
  expect(performance.now() - started).toBeLessThan(3000);
});
