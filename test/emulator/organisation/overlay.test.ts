import { expect, test } from "vitest";
import { type Moment, type Tenant, tenant, textOf } from "./tenant.ts";

const LAG_MS = 20_000;

function targetOf({ organisation }: Tenant): string {
  return [...organisation.targets()][8] ?? "";
}

function isHidden(contoso: Tenant, moment: Moment): boolean {
  return (
    contoso.ask("Get-Mailbox", { Identity: targetOf(contoso) }, moment).rows[0]?.[
      "HiddenFromAddressListsEnabled"
    ] === true
  );
}

test("a write is seen at once on its own connection, and later on others", () => {
  const contoso = tenant({ writeLagMs: () => LAG_MS });
  const write = { HiddenFromAddressListsEnabled: true, Identity: targetOf(contoso) };
  contoso.ask("Set-Mailbox", write, { nowMs: 1000, connectionId: "mine" });
  expect(isHidden(contoso, { nowMs: 1000, connectionId: "mine" })).toBe(true);
  expect(isHidden(contoso, { nowMs: 1000 + LAG_MS - 1, connectionId: "theirs" })).toBe(false);
  expect(isHidden(contoso, { nowMs: 1000 + LAG_MS - 1 })).toBe(false);
  expect(isHidden(contoso, { nowMs: 1000 + LAG_MS, connectionId: "theirs" })).toBe(true);
});

test("a write without a connection is nobody's own", () => {
  const contoso = tenant({ writeLagMs: () => LAG_MS });
  contoso.ask("Set-Mailbox", { HiddenFromAddressListsEnabled: true, Identity: targetOf(contoso) });
  expect(isHidden(contoso, { nowMs: 1 })).toBe(false);
  expect(isHidden(contoso, { nowMs: LAG_MS })).toBe(true);
});

test("writes settle in the order they came, also when later ones are seen first", () => {
  const contoso = tenant({ writeLagMs: () => LAG_MS });
  const set = (office: string, nowMs: number, connectionId: string): unknown =>
    contoso.ask(
      "Set-Mailbox",
      { CustomAttribute2: office, Identity: targetOf(contoso) },
      { nowMs, connectionId },
    );
  const value = (moment: Moment): string =>
    textOf(contoso.ask("Get-Mailbox", { Identity: targetOf(contoso) }, moment).rows[0]?.["CustomAttribute2"]);
  set("first", 0, "one");
  set("second", 10_000, "two");
  expect(value({ nowMs: 10_000, connectionId: "one" })).toBe("first");
  expect(value({ nowMs: 10_000, connectionId: "two" })).toBe("second");
  expect(value({ nowMs: 20_000 })).toBe("first");
  set("third", 40_000, "one");
  expect(value({ nowMs: 40_000 })).toBe("second");
  expect(value({ nowMs: 60_000 })).toBe("third");
});

test("a property that was written is filtered and listed by its new value", () => {
  const contoso = tenant();
  const guid = targetOf(contoso);
  contoso.ask("Set-Mailbox", {
    Identity: guid,
    ForwardingSmtpAddress: "x@elsewhere.example",
    Type: "Shared",
  });
  const found = contoso.ask("Get-Mailbox", {
    Filter: "ForwardingSmtpAddress -eq 'smtp:x@elsewhere.example'",
  }).rows;
  expect(found.map((row) => row["ExchangeGuid"])).toEqual([guid]);
  const shared = contoso.ask("Get-Mailbox", { RecipientTypeDetails: "SharedMailbox" }).rows;
  expect(shared.map((row) => row["ExchangeGuid"])).toContain(guid);
});
