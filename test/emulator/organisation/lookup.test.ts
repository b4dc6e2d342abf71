import { assert, boolean, emailAddress, integer, oneof, property, string, uuid } from "fast-check";
import { expect, test } from "vitest";
import { Directory } from "../../../src/emulator/organisation/directory.ts";
import { createPlan } from "../../../src/emulator/organisation/plan.ts";
import type { Recipient } from "../../../src/emulator/organisation/recipient.ts";

function directoryOf(mailboxes: number, seed = 7): Directory {
  const options = { tenantId: "5e0c0f6e-0000-4000-8000-000000000001", domain: "contoso.onmicrosoft.com" };
  return new Directory(createPlan({ ...options, mailboxes, seed, legacy: false, quirk: () => true }));
}

const directory = directoryOf(1_000_000);
const anyIndex = integer({ min: 0, max: directory.plan.census.size - 1 });

/** Every text that means one object only. */
function identitiesOf(recipient: Recipient): string[] {
  const { domain } = recipient.plan.options;
  const all = [
    recipient.guid,
    recipient.exchangeGuid,
    recipient.objectId,
    recipient.sid,
    recipient.userPrincipalName,
    recipient.primarySmtp,
    recipient.distinguishedName,
    recipient.canonicalName,
    recipient.legacyExchangeDN,
    recipient.samAccountName,
    recipient.samAccountName && `${domain}\\${recipient.samAccountName}`,
    ...recipient.emailAddresses,
    ...(recipient.twin === 0 ? [] : [recipient.alias, recipient.name, recipient.identity]),
  ];
  return all.filter((identity) => identity !== "");
}

test("every identity of any object among a million mailboxes leads to that object alone, in any casing", () => {
  assert(
    property(anyIndex, boolean(), (index, shouted) => {
      for (const identity of identitiesOf(directory.at(index))) {
        const found = directory.find(shouted ? identity.toUpperCase() : identity);
        expect({ identity, found: found.map((hit) => hit.index) }).toEqual({ identity, found: [index] });
      }
    }),
    { numRuns: 1500 },
  );
});

test("a display name leads to every object that carries it", () => {
  assert(
    property(anyIndex, (index) => {
      const { displayName, sharesNameWith, hasUniqueName } = directory.at(index);
      const found = directory.find(displayName).map((hit) => hit.index);
      expect(found).toEqual(expect.arrayContaining([index, sharesNameWith ?? index]));
      expect(found.length === 1).toBe(hasUniqueName);
    }),
    { numRuns: 1500 },
  );
});

test("ids of neighbours share nothing a reader could count by", () => {
  const firsts = Array.from({ length: 1000 }, (_, index) => directory.at(index).exchangeGuid.slice(0, 4));
  expect(new Set(firsts).size).toBeGreaterThan(950);
  expect(directory.at(0).exchangeGuid).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
});

test("texts that mean nobody find nobody", () => {
  assert(
    property(oneof(string(), uuid({ version: 4 }), emailAddress()), (text) => {
      expect(directory.find(text)).toEqual([]);
    }),
    { numRuns: 2000 },
  );
});

test("the alias of a twin means its neighbour too; its ids and addresses do not", () => {
  const [gosho, neighbour] = [directory.at(2), directory.at(3)];
  expect([gosho.alias, neighbour.alias]).toEqual(["gosho", "Gosho2"]);
  expect(directory.find("GOSHO").map(({ index }) => index)).toEqual([2, 3]);
  expect(directory.find("gosho2").map(({ index }) => index)).toEqual([3]);
  expect(directory.find(gosho.exchangeGuid).map(({ index }) => index)).toEqual([2]);
  expect(directory.find(gosho.primarySmtp).map(({ index }) => index)).toEqual([2]);
});

test("another seed makes other people", () => {
  expect(directoryOf(100, 8).at(0).exchangeGuid).not.toBe(directoryOf(100, 7).at(0).exchangeGuid);
  expect(directoryOf(100, 7).at(50).displayName).toBe(directoryOf(100, 7).at(50).displayName);
});
