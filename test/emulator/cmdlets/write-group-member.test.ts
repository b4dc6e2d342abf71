import { beforeEach, expect, test } from "vitest";
import { type Asked, type PlainRow, type Tenant, tenant, textOf } from "../organisation/tenant.ts";

let contoso: Tenant;
let group: PlainRow;
let somebody: PlainRow;

const membersOf = (): readonly string[] =>
  contoso
    .ask("Get-DistributionGroupMember", { Identity: group["Name"] })
    .rows.map((row) => textOf(row["Guid"]));
const write = (verb: "Add" | "Remove", Member: unknown): Asked =>
  contoso.ask(`${verb}-DistributionGroupMember`, { Identity: group["PrimarySmtpAddress"], Member });

beforeEach(() => {
  contoso = tenant();
  group = contoso.ask("Get-DistributionGroup").rows[0] ?? {};
  const members = new Set(membersOf());
  somebody =
    contoso.ask("Get-Mailbox").rows.find((row, at) => at > 8 && !members.has(textOf(row["Guid"]))) ?? {};
});

test("somebody is added and taken out again, without any output", () => {
  const before = membersOf();
  expect(write("Add", somebody["ExchangeGuid"])).toEqual({
    rows: [],
    warnings: [],
    errors: [],
    failure: undefined,
  });
  expect(membersOf()).toEqual([...before, somebody["Guid"]]);
  write("Remove", somebody["UserPrincipalName"]);
  expect(membersOf()).toEqual(before);
});

test("who is a member already, or is none, is an error", () => {
  write("Add", somebody["ExchangeGuid"]);
  const named = { subject: somebody["Name"], detail: group["Name"] };
  expect(write("Add", somebody["UserPrincipalName"]).failure).toEqual({ kind: "member-exists", ...named });
  write("Remove", somebody["ExchangeGuid"]);
  expect(write("Remove", somebody["ExchangeGuid"]).failure).toEqual({ kind: "member-missing", ...named });
});

test("a Microsoft 365 group, and a member nobody knows, are not found", () => {
  const [unified] = contoso.ask("Get-UnifiedGroup").rows;
  const Member = somebody["ExchangeGuid"];
  expect(
    contoso.ask("Add-DistributionGroupMember", { Identity: unified?.["Guid"], Member }).failure?.kind,
  ).toBe("not-found");
  expect(write("Add", "nobody").failure?.kind).toBe("argument-not-found");
});
