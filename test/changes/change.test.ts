import { assert, jsonValue, property } from "fast-check";
import { expect, test } from "vitest";
import { canonical, changeSchema, digestOf, refusalOf } from "../../src/changes/index.ts";

const ID = "11111111-2222-3333-4444-555555555555";

test.each([
  ["Get-Mailbox", {}, /changes nothing/],
  ["Set-Mailbox", { WhatIf: true }, /no place in a plan/],
  ["Remove-MailboxPermission", { User: "a", Confirm: true }, /would only ask/],
  ["Set-Mailbox", { identity: "somebody else" }, /filled in/],
  ["New-InboxRule", { Mailbox: "somebody else" }, /filled in/],
  ["Add-DistributionGroupMember", { Identity: "g", Member: "somebody else" }, /filled in/],
  ["Set-MailboxFolderPermission", { Identity: "other@x:\\Calendar" }, /names a folder/],
])("a plan with %s %j is refused", (cmdlet, parameters, words) => {
  expect(refusalOf({ cmdlet, parameters })).toMatch(words);
});

test("a plan may leave Confirm out or set it to false", () => {
  expect(refusalOf({ cmdlet: "Remove-MailboxPermission", parameters: { Confirm: false } })).toBeUndefined();
  expect(refusalOf({ cmdlet: "Remove-MailboxPermission", parameters: {} })).toBeUndefined();
});

test("one write has one digest, however its parameters are ordered; another mailbox, cmdlet or value has another", () => {
  const one = digestOf({ cmdlet: "Set-Mailbox", parameters: { A: 1, B: { add: ["x"] } } }, ID);
  expect(digestOf({ cmdlet: "set-mailbox", parameters: { B: { add: ["x"] }, A: 1 } }, ID)).toBe(one);
  const others = [
    digestOf({ cmdlet: "Set-Mailbox", parameters: { A: 1, B: { remove: ["x"] } } }, ID),
    digestOf({ cmdlet: "Set-Mailbox", parameters: { A: "1", B: { add: ["x"] } } }, ID),
    digestOf({ cmdlet: "Set-CASMailbox", parameters: { A: 1, B: { add: ["x"] } } }, ID),
    digestOf({ cmdlet: "Set-Mailbox", parameters: { A: 1, B: { add: ["x"] } } }, ID.replace("1", "2")),
  ];
  expect(new Set([one, ...others]).size).toBe(5);
});

test("what was seen keeps its text through JSON, whatever it holds", () => {
  assert(
    property(jsonValue(), (value) => {
      expect(canonical(JSON.parse(canonical(value)))).toBe(canonical(value));
    }),
  );
});

test.each(["Set-Mailbox; Remove-Mailbox", "Set Mailbox", "-Mailbox", ""])(
  'no cmdlet is called "%s"',
  (cmdlet) => {
    expect(changeSchema.safeParse({ cmdlet, parameters: {} }).success).toBe(false);
  },
);
