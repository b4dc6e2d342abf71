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

const WHOLE = "Action,Mailbox,Right,Trustee,AutoMapping,Folder,Level,Field,Value";

test.each([
  [
    "a value that was cut at its comma",
    `${WHOLE}\nSet,a@x,,,,,,CustomAttribute1,Doe, John`,
    /line 2: expected 9 cells, got 10; is one not in quotes/,
  ],
  [
    "a line that ends before its value, which would clear",
    `${WHOLE}\nSet,a@x,,,,,,ForwardingSmtpAddress`,
    /line 2: expected 9 cells, got 8: it ends too early/,
  ],
  ["a field and no column of values", "Action,Mailbox,Field\nSet,a@x,ForwardingAddress", /ends too early/],
  [
    "a mapping that is neither on nor off, which Exchange would switch on",
    `${WHOLE}\nAdd,a@x,FullAccess,t@x,nein,,,,`,
    /line 2: expected AutoMapping true or false, got "nein"/,
  ],
  [
    "a column that is misspelt, whose cells would say nothing",
    "Action,Mailbox,Right,Trustee,Auto-Mapping\nAdd,a@x,FullAccess,t@x,false",
    /line 1: nobody knows the column "auto-mapping"; known are action, mailbox, .*, and comment/,
  ],
  [
    "a column of parameters that is misspelt",
    'Mailbox,Cmdlet,Params\na@x,Disable-Mailbox,"{""Archive"":true}"',
    /line 1: nobody knows the column "params".*\n {2}line 1: expected a column Parameters/,
  ],
  ["a line without its parameters", "Mailbox,Cmdlet,Parameters\na@x,Disable-Mailbox", /ends too early/],
  ["a column twice", `${WHOLE},Mailbox\n`, /line 1: the column "mailbox" is there twice/],
  [
    "a field beside a right, which would be left out",
    `${WHOLE}\nAdd,a@x,SendAs,t@x,,,,HiddenFromAddressListsEnabled,true`,
    /line 2: Field and Value must be empty with the right "SendAs"/,
  ],
  [
    "a trustee beside a field",
    `${WHOLE}\nSet,a@x,,t@x,,,,GrantSendOnBehalfTo,u@x`,
    /line 2: Trustee must be empty with a field/,
  ],
  [
    "a right that is set",
    `${WHOLE}\nSet,a@x,FullAccess,t@x,,,,,`,
    /line 2: expected Action Add or Remove for the right "FullAccess"; Set is for folders and fields/,
  ],
  [
    "one parameter in two casings",
    '{"mailbox":"a@x","cmdlet":"Set-Mailbox","parameters":{"Office":"1","office":"2"}}',
    /line 1: office is there twice/,
  ],
  [
    "a name of many",
    '{"mailbox":"a*","cmdlet":"Set-Mailbox","parameters":{}}',
    /line 1: expected one mailbox, got "a\*"/,
  ],
  ["a list in JSON", '[{"mailbox":"a@x"}]', /line 1: expected an object in JSON on each line/],
  ["a cell like a book", `${WHOLE}\n${"G".repeat(99_999)},a@x,,,,,,,`, /^.{50,500}$/s],
  [
    "more than a plan holds",
    `Action,Mailbox,Field,Value\n${"Set,a@x,Office,1\n".repeat(20_001)}`,
    /the file has 20001 changes, and one plan holds at most 20000/,
  ],
])("a plan with %s is refused", (_, text, words) => {
  expect(outcomeOf(text)).toMatch(words);
});

test("a plan may have words of your own beside each line, and empty columns as spreadsheets leave them", () => {
  expect(outcomeOf("Action,Mailbox,Field,Value,Comment,,\nSet,a@x,Office,1,ticket 7,,\n")).toBe("1 changes");
});

test("a plan in another encoding is refused with the line it begins to be one on", () => {
  const bytes = Buffer.from(`${WHOLE}\nSet,a@x,,,,,,Office,caf\xe9\n`, "latin1");
  expect(() => readChangeList(bytes, "plan")).toThrow(/line 2: expected UTF-8/);
});

test.each(["utf-16le", "utf-16be"] as const)("a plan may be in %s with its mark", (encoding) => {
  const bytes = Buffer.from("\ufeffAction,Mailbox,Field,Value\r\nSet,a@x,Office,Zoë\r\n", "utf16le");
  if (encoding === "utf-16be") bytes.swap16();
  expect(readChangeList(bytes, "plan")).toMatchObject([{ parameters: { Office: "Zoë" } }]);
});

function outcomeOf(text: string): string {
  try {
    return `${read(text).length} changes`;
  } catch (error) {
    return String(error);
  }
}
