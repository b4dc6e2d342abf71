import { expect, test } from "vitest";
import { readChangeList } from "../../src/cli/change-list.ts";

const read = (text: string) => readChangeList(Buffer.from(text), "plan");

test("a plan may be lines of JSON", () => {
  expect(
    read(
      '{"mailbox":"a@x","cmdlet":"Set-Mailbox","parameters":{"HiddenFromAddressListsEnabled":true}}\n\n{"mailbox":"b@x","cmdlet":"Set-CASMailbox","parameters":{"PopEnabled":false}}\n',
    ),
  ).toEqual([
    { identity: "a@x", cmdlet: "Set-Mailbox", parameters: { HiddenFromAddressListsEnabled: true } },
    { identity: "b@x", cmdlet: "Set-CASMailbox", parameters: { PopEnabled: false } },
  ]);
});

test("a plan may be a table of cmdlets and parameters", () => {
  expect(read('Mailbox,Cmdlet,Parameters\na@x,Set-Mailbox,"{""CustomAttribute1"":""v""}"\n')).toEqual([
    { identity: "a@x", cmdlet: "Set-Mailbox", parameters: { CustomAttribute1: "v" } },
  ]);
});

test("a plan may be a table of actions, in the words people use", () => {
  const text = [
    "Action;Mailbox;Right;Trustee;AutoMapping;Folder;Level;Field;Value",
    "Add;m@x;FullAccess;t@x;false;;;;",
    "Remove;m@x;Send As;t@x;;;;;",
    "Add;m@x;SendOnBehalf;t@x;;;;;",
    "Set;m@x;Folder;t@x;;\\Kalender;Reviewer;;",
    "Set;m@x;;;;;;SmtpClientAuthenticationDisabled;$true",
    "Set;m@x;;;;;;ForwardingSmtpAddress;",
    "Set;m@x;;;;;;customattribute1;yes",
    "Set;m@x;;;;;;hiddenFromAddressListsEnabled;yes",
    "Set;m@x;;;;;;Language;de-DE",
  ].join("\r\n");
  expect(read(text).map(({ cmdlet, parameters }) => [cmdlet, parameters])).toEqual([
    ["Add-MailboxPermission", { User: "t@x", AccessRights: ["FullAccess"], AutoMapping: false }],
    ["Remove-RecipientPermission", { Trustee: "t@x", AccessRights: ["SendAs"], Confirm: false }],
    ["Set-Mailbox", { GrantSendOnBehalfTo: { add: ["t@x"] } }],
    ["Set-MailboxFolderPermission", { Identity: ":\\Kalender", User: "t@x", AccessRights: ["Reviewer"] }],
    ["Set-CASMailbox", { SmtpClientAuthenticationDisabled: true }],
    ["Set-Mailbox", { ForwardingSmtpAddress: null }],
    ["Set-Mailbox", { customattribute1: "yes" }],
    ["Set-Mailbox", { hiddenFromAddressListsEnabled: true }],
    ["Set-MailboxRegionalConfiguration", { Language: "de-DE" }],
  ]);
});

test("every bad line of a plan is named at once", () => {
  const text = [
    "Action,Mailbox,Right,Trustee,Folder,Level,Field,Value",
    "Grant,a@x,FullAccess,t@x,,,,",
    "Add,,FullAccess,t@x,,,,",
    "Add,a@x,Everything,t@x,,,,",
    "Add,a@x,Folder,t@x,,,,",
    "Set,a@x,,,,,Bad Field,1",
    "Set,a@x,,,,,PopEnabled,maybe",
  ].join("\n");
  expect(() => read(text)).toThrow(
    [
      'Cannot use the plan "plan":',
      '  line 2: expected Action Add, Remove or Set, got "Grant"',
      "  line 3: expected a mailbox",
      '  line 4: expected Right FullAccess, SendAs, SendOnBehalf or Folder, got "Everything"',
      "  line 5: expected a folder, such as \\Calendar",
      '  line 6: expected a field, such as HiddenFromAddressListsEnabled, got "Bad Field"',
      '  line 7: expected true or false for PopEnabled, got "maybe"',
    ].join("\n"),
  );
});

test.each([
  ["nothing", "", /found nothing|expected the columns/],
  ["another table", "Name,Mail\na,b\n", /expected the columns/],
  ["broken JSON", '{"mailbox":"a@x",\n', /line 1: expected an object in JSON/],
  ["a read", '{"mailbox":"a@x","cmdlet":"Get-Mailbox","parameters":{}}', /changes nothing/],
  ["more than a cmdlet", '{"mailbox":"a@x","cmdlet":"Set-Mailbox;x","parameters":{}}', /expected a cmdlet/],
  ["fields nobody knows", '{"mailbox":"a@x","cmdlet":"Set-Mailbox","parameters":{},"when":"now"}', /when/],
])("a plan of %s is refused with its line", (_, text, words) => {
  expect(() => read(text)).toThrow(words);
});

test.each([
  ["one field, two values", "Set,a@x,,,Field1,1", "Set,A@x,,,Field1,2", true],
  ["one field, one value", "Set,a@x,,,Field1,1", "Set,a@x,,,Field1,1", false],
  ["two fields", "Set,a@x,,,Field1,1", "Set,a@x,,,Field2,2", false],
  ["two mailboxes", "Set,a@x,,,Field1,1", "Set,b@x,,,Field1,2", false],
  ["a right given and taken", "Add,a@x,FullAccess,t@x,,", "Remove,a@x,FullAccess,T@x,,", true],
  ["two rights", "Add,a@x,FullAccess,t@x,,", "Remove,a@x,SendAs,t@x,,", false],
  ["two trustees", "Add,a@x,FullAccess,t@x,,", "Remove,a@x,FullAccess,u@x,,", false],
  ["a delegate given and taken", "Add,a@x,SendOnBehalf,t@x,,", "Remove,a@x,SendOnBehalf,t@x,,", true],
  ["two delegates", "Add,a@x,SendOnBehalf,t@x,,", "Add,a@x,SendOnBehalf,u@x,,", false],
])("a plan with %s", (_, one, other, contradict) => {
  const text = `Action,Mailbox,Right,Trustee,Field,Value\n${one}\n${other}\n`;
  const said = contradict ? /line 3: contradicts line 2/ : /^2 changes$/;
  expect(outcomeOf(text)).toMatch(said);
});

function outcomeOf(text: string): string {
  try {
    return `${read(text).length} changes`;
  } catch (error) {
    return String(error);
  }
}
