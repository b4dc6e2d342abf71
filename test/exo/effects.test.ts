import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Effect, EFFECTS, effectOf, settingsOf } from "../../src/exo/index.ts";
import type { Parameters } from "../../src/job/index.ts";

const words = (text: string): string[] => text.trim().split(/\s+/);

/** Every cmdlet of the table, by what its class rests on. */
const JUDGED: readonly (readonly [Effect, string, string])[] = [
  [
    "absolute",
    "sets values: twice is the same as once",
    `Set-AcceptedDomain Set-AdminAuditLogConfig Set-CASMailbox Set-CASMailboxPlan Set-CalendarProcessing Set-Contact
     Set-DistributionGroup Set-DynamicDistributionGroup Set-ExternalInOutlook Set-FocusedInbox Set-Group Set-InboxRule
     Set-MailContact Set-MailUser Set-Mailbox Set-MailboxAuditBypassAssociation Set-MailboxAutoReplyConfiguration
     Set-MailboxCalendarConfiguration Set-MailboxJunkEmailConfiguration Set-MailboxMessageConfiguration Set-MailboxPlan
     Set-MailboxRegionalConfiguration Set-MobileDeviceMailboxPolicy Set-OrganizationConfig Set-OrganizationRelationship
     Set-OwaMailboxPolicy Set-Place Set-RemoteDomain Set-RetentionPolicy Set-RetentionPolicyTag Set-SharingPolicy
     Set-TransportConfig Set-UnifiedGroup Set-User`,
  ],
  ["absolute", "replaces the rights of one entry", "Set-MailboxFolderPermission"],
  ["absolute", "replaces the whole list of members", "Update-DistributionGroupMember Update-RoleGroupMember"],
  ["absolute", "switches one rule on or off", "Disable-InboxRule Enable-InboxRule"],
  [
    "absolute",
    "switches one thing on or off",
    "Disable-App Disable-SweepRule Disable-TransportRule Enable-App Enable-SweepRule Enable-TransportRule",
  ],
  [
    "convergent",
    "a right is there or it is not, however often that was said",
    `Add-MailboxPermission Add-PublicFolderClientPermission Add-RecipientPermission Remove-MailboxPermission
     Remove-PublicFolderClientPermission Remove-RecipientPermission`,
  ],
  [
    "convergent",
    "an entry is there or it is not; adding one that is there, and removing one that is not, is refused",
    "Add-MailboxFolderPermission Remove-MailboxFolderPermission",
  ],
  [
    "convergent",
    "somebody is a member or is not",
    `Add-DistributionGroupMember Add-ManagementRoleEntry Add-RoleGroupMember Add-UnifiedGroupLinks
     Remove-DistributionGroupMember Remove-ManagementRoleEntry Remove-RoleGroupMember Remove-UnifiedGroupLinks`,
  ],
  ["convergent", "the rule is gone, however often that was said", "Remove-InboxRule Remove-SweepRule"],
  ["convergent", "a mailbox has an archive or it has none; a second one is refused", "Enable-Mailbox"],
  ["create", "two rules of one name can stand side by side", "New-InboxRule New-SweepRule"],
  [
    "create",
    "makes an object of that name",
    `New-DistributionGroup New-DynamicDistributionGroup New-InboundConnector New-MailContact New-MailUser New-Mailbox
     New-ManagementRoleAssignment New-MigrationBatch New-MigrationEndpoint New-MobileDeviceMailboxPolicy
     New-OrganizationRelationship New-OutboundConnector New-OwaMailboxPolicy New-RemoteDomain New-RetentionPolicy
     New-RetentionPolicyTag New-RoleGroup New-SharingPolicy New-TransportRule`,
  ],
  ["create", "makes a group of that name", "New-UnifiedGroup"],
  ["create", "makes a request under that batch's name; a mailbox has one at most", "New-MoveRequest"],
  ["create", "makes a request of that name", "New-MailboxRestoreRequest"],
  [
    "once",
    "starts, ends or hurries something that goes on by itself",
    `Complete-MigrationBatch Enable-OrganizationCustomization Resume-MailboxRestoreRequest
     Resume-MoveRequest Set-MigrationBatch Set-MigrationUser Set-MoveRequest Start-HistoricalSearch
     Start-ManagedFolderAssistant Start-MigrationBatch Start-MigrationUser Stop-MigrationBatch Stop-MigrationUser
     Suspend-MailboxRestoreRequest Suspend-MoveRequest`,
  ],
  [
    "once",
    "ends what a new object of the same name could be taken for",
    `Disable-Mailbox Remove-DistributionGroup Remove-DynamicDistributionGroup Remove-MailContact Remove-MailUser
     Remove-Mailbox Remove-MailboxRestoreRequest Remove-MigrationBatch Remove-MigrationEndpoint Remove-MigrationUser
     Remove-MobileDevice Remove-MoveRequest Remove-TransportRule Remove-UnifiedGroup`,
  ],
  [
    "once",
    "purges what nobody can bring back",
    "Clear-MobileDevice Delete-QuarantineMessage Remove-CalendarEvents Search-Mailbox",
  ],
  [
    "once",
    "brings something back, beside what is there now",
    "Restore-RecoverableItems Undo-SoftDeletedMailbox Undo-SoftDeletedUnifiedGroup",
  ],
  ["once", "sends mail: a second time is a second mail", "Release-QuarantineMessage"],
];

describe("the table", () => {
  test.each(JUDGED)("%s: %s", (effect, because, cmdlets) => {
    const entries = EFFECTS.filter((entry) => entry.effect === effect && entry.because === because);
    expect(entries.map(({ cmdlet }) => cmdlet).sort()).toEqual(words(cmdlets).sort());
  });

  test("has one line a cmdlet, and none that was not judged here", () => {
    const named = JUDGED.flatMap(([, , cmdlets]) => words(cmdlets));
    expect(EFFECTS.map(({ cmdlet }) => cmdlet).sort()).toEqual(named.sort());
    expect(new Set(named.map((name) => name.toLowerCase())).size).toBe(named.length);
    expect(named.length).toBeGreaterThanOrEqual(120);
  });

  test("gives a marker to whatever is created", () => {
    for (const { cmdlet, effect, marker } of EFFECTS)
      expect([cmdlet, marker !== undefined]).toEqual([cmdlet, effect === "create"]);
  });

  test("says of no parameter that it was judged both ways", () => {
    for (const { cmdlet, parameters = [], once = {} } of EFFECTS) {
      const known = new Set(parameters.map((name) => name.toLowerCase()));
      expect([cmdlet, Object.keys(once).filter((name) => known.has(name.toLowerCase()))]).toEqual([
        cmdlet,
        [],
      ]);
    }
  });
});

/** Shapes that are of another class than their cmdlet, or might be thought to be. */
const SHAPES: readonly (readonly [string, Parameters, Effect, string])[] = [
  ["Get-Mailbox", {}, "read", "reads"],
  ["get-mailboxpermission", {}, "read", "casing says nothing"],
  ["Test-MigrationServerAvailability", {}, "read", "tries, and changes nothing"],
  ["Set-Mailbox", { HiddenFromAddressListsEnabled: true }, "absolute", "a value"],
  ["Set-Mailbox", { ForwardingSmtpAddress: null }, "absolute", "null is a value"],
  ["Set-Mailbox", { Type: "Shared" }, "absolute", "slow, but converting twice converts once"],
  ["Set-Mailbox", { EmailAddresses: ["SMTP:a@x.example"] }, "absolute", "a whole list"],
  ["Set-Mailbox", { GrantSendOnBehalfTo: {} }, "absolute", "an empty hashtable empties the list"],
  ["Set-Mailbox", { EmailAddresses: { add: "smtp:a@x.example" } }, "convergent", "one in"],
  ["Set-Mailbox", { GrantSendOnBehalfTo: { Remove: ["a"] } }, "convergent", "one out"],
  ["Set-Mailbox", { GrantSendOnBehalfTo: { Replace: ["a"] } }, "once", "a key that nobody knows"],
  ["Set-Mailbox", { DisplayName: { add: "a" } }, "once", "a change of a list that is no list"],
  ["Set-Mailbox", { Password: "p" }, "once", "a secret cannot be read back"],
  ["Set-Mailbox", { roommailboxpassword: "p" }, "once", "a secret cannot be read back"],
  ["Set-Mailbox", { GenerateExternalDirectoryObjectId: true }, "once", "makes a directory object"],
  ["Set-Mailbox", { RemoveDelayHoldApplied: true }, "once", "what a hold kept is gone"],
  ["Set-Mailbox", { ExcludeFromAllHolds: true }, "once", "what holds kept is gone"],
  ["Set-Mailbox", { AuditEnabled: true, Force: true }, "once", "somebody should have been asked"],
  ["Set-Mailbox", { AuditEnabled: true, Force: false }, "absolute", "a switch that is off"],
  ["Set-Mailbox", { AuditEnabled: true, Confirm: true }, "absolute", "asks only, but nobody promises it"],
  ["Set-Mailbox", { AuditEnabled: true, WhatIf: true }, "absolute", "asks only, but nobody promises it"],
  ["Set-Mailbox", { AuditEnabled: true, Purge: true }, "once", "a parameter that nobody judged"],
  ["Set-Mailbox", { AuditEnabled: true, WipeData: false }, "once", "a parameter that nobody judged"],
  ["Set-CASMailbox", { SmtpClientAuthenticationDisabled: null }, "absolute", "the third state"],
  ["Set-CASMailbox", { ActiveSyncBlockedDeviceIDs: { add: "d" } }, "convergent", "one in"],
  ["Set-MailboxAutoReplyConfiguration", { CreateOOFEvent: true }, "once", "makes an event"],
  ["Set-MailboxAutoReplyConfiguration", { AutoReplyState: "Enabled" }, "absolute", "a value"],
  ["Set-DistributionGroup", { RoomList: true }, "once", "cannot be taken back"],
  ["Add-MailboxPermission", { User: "u", AccessRights: "FullAccess" }, "convergent", "a right"],
  ["Add-MailboxPermission", { Owner: "u" }, "once", "takes the mailbox from its owner"],
  ["Remove-MailboxPermission", { ResetDefault: true }, "once", "wipes rights given meanwhile"],
  ["Remove-MailboxPermission", { ClearAutoMapping: true }, "once", "cannot be read back"],
  ["Remove-RecipientPermission", { Trustee: "u" }, "convergent", "a right"],
  ["Remove-RecipientPermission", { MultiTrustees: ["u"] }, "once", "acts on many"],
  ["Add-MailboxFolderPermission", { User: "u", AccessRights: "Editor" }, "convergent", "an entry"],
  ["Add-MailboxFolderPermission", { SendNotificationToUser: true }, "once", "sends mail"],
  ["Add-MailboxFolderPermission", { SendNotificationToUser: false }, "convergent", "sends none"],
  ["Remove-MailboxFolderPermission", { ResetDelegateUserCollection: true }, "once", "wipes delegates"],
  ["Set-MailboxFolderPermission", { User: "u", AccessRights: "Editor" }, "absolute", "replaces"],
  ["Add-DistributionGroupMember", { Member: "u" }, "convergent", "a member"],
  ["Enable-Mailbox", { Archive: true }, "convergent", "an archive"],
  ["Enable-Mailbox", { PrimarySmtpAddress: "a@x" }, "once", "makes a mailbox"],
  ["New-InboxRule", { Name: "x", DeleteMessage: true }, "create", "found by its name"],
  ["New-InboxRule", { DeleteMessage: true }, "once", "nothing to find it by"],
  ["New-InboxRule", { Name: " " }, "once", "nothing to find it by"],
  ["New-InboxRule", { Name: "x", Force: true }, "once", "drops rules of Outlook"],
  ["New-MoveRequest", { BatchName: "wave 1" }, "create", "found by its batch"],
  ["New-MoveRequest", {}, "once", "a request of somebody else looks the same"],
  ["New-MigrationBatch", { Name: "x" }, "create", "found by its name"],
  ["Start-MigrationBatch", {}, "once", "starts something"],
  ["Remove-Mailbox", {}, "once", "a mailbox made since would go too"],
  ["Clear-MobileDevice", {}, "once", "wipes a device"],
  ["Search-Mailbox", { DeleteContent: true }, "once", "purges"],
  ["Getaway-Car", {}, "once", "no verb of ours"],
  ["Forget-Get-Mailbox", {}, "once", "reads only at the end"],
  ["Get-", {}, "once", "no cmdlet"],
];

test.each(SHAPES)("%s with %o is of class %s: %s", (cmdlet, parameters, effect) => {
  expect(effectOf(cmdlet, { Identity: "x", ...parameters })).toBe(effect);
});

/** The same letters in any casing. */
function anyCasing(text: string): fc.Arbitrary<string> {
  return fc
    .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
    .map((ups) =>
      Array.from(text, (letter, nth) => (ups[nth] ? letter.toUpperCase() : letter.toLowerCase())).join(""),
    );
}

const NAME = fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,30}$/);
const ENTRY = fc.constantFrom(...EFFECTS);
const KNOWN = new Set(EFFECTS.map(({ cmdlet }) => cmdlet.toLowerCase()));
const SAY_NOTHING = new Set(
  words(`identity confirm whatif verbose debug erroraction errorvariable warningaction warningvariable informationaction
    informationvariable outvariable outbuffer pipelinevariable usecustomrouting`),
);

describe("whatever is asked", () => {
  test("a cmdlet that nobody judged happens once, whatever its parameters", () => {
    fc.assert(
      fc.property(NAME, NAME, fc.dictionary(NAME, fc.constant(true)), (verb, noun, parameters) => {
        const cmdlet = `${verb}-${noun}`;
        fc.pre(!KNOWN.has(cmdlet.toLowerCase()) && !/^(get|test)$/i.test(verb));
        expect(effectOf(cmdlet, parameters)).toBe("once");
      }),
    );
  });

  test("a parameter that nobody judged makes any write but a creation happen once, whatever its value", () => {
    fc.assert(
      fc.property(ENTRY, NAME, fc.jsonValue(), (entry, name, value) => {
        const judged = [...(entry.parameters ?? []), ...Object.keys(entry.once ?? {})].map((known) =>
          known.toLowerCase(),
        );
        fc.pre(
          entry.parameters !== undefined &&
            !judged.includes(name.toLowerCase()) &&
            !SAY_NOTHING.has(name.toLowerCase()),
        );
        expect(effectOf(entry.cmdlet, { [name]: value as Parameters[string] })).toBe("once");
      }),
    );
  });

  test("casing changes no class, of cmdlet or parameter", () => {
    const shape = fc.constantFrom(...SHAPES).chain(([cmdlet, parameters, effect]) =>
      fc.record({
        cmdlet: anyCasing(cmdlet),
        names: fc.tuple(...Object.keys(parameters).map(anyCasing)),
        values: fc.constant(Object.values(parameters)),
        effect: fc.constant(effect),
      }),
    );
    fc.assert(
      fc.property(shape, ({ cmdlet, names, values, effect }) => {
        const parameters = Object.fromEntries(names.map((name, nth) => [name, values[nth] ?? null]));
        expect(effectOf(cmdlet, parameters)).toBe(effect);
      }),
    );
  });

  test("what makes a write happen once is not outvoted by what stands beside it", () => {
    fc.assert(
      fc.property(ENTRY, fc.nat(), fc.nat(), (entry, which, beside) => {
        const names = Object.keys(entry.once ?? {});
        const name = names[which % Math.max(names.length, 1)];
        fc.pre(name !== undefined);
        const other = entry.parameters?.[beside % Math.max(entry.parameters.length, 1)] ?? "Name";
        expect(effectOf(entry.cmdlet, { [other]: "x", [name ?? ""]: true })).toBe("once");
      }),
    );
  });
});

test("only cmdlets that set properties of something have settings", () => {
  expect(settingsOf("set-MAILBOX")?.shownBy).toBe("Get-Mailbox");
  expect(settingsOf("Add-MailboxPermission")).toBeUndefined();
});
