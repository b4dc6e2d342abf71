import { expect, test } from "vitest";
import { effectOf } from "../../src/exo/index.ts";
import type { Parameters } from "../../src/job.ts";

test.each<[string, Parameters, string]>([
  ["Get-Mailbox", {}, "read"],
  ["get-mailboxpermission", {}, "read"],
  ["Test-MigrationServerAvailability", {}, "read"],
  ["Set-Mailbox", { Identity: "x", HiddenFromAddressListsEnabled: true }, "absolute"],
  ["Set-CASMailbox", { Identity: "x", SmtpClientAuthenticationDisabled: null }, "absolute"],
  ["Set-Mailbox", { Identity: "x", EmailAddresses: { add: "smtp:a@x" } }, "convergent"],
  ["Set-Mailbox", { Identity: "x", GrantSendOnBehalfTo: { Remove: ["a"] } }, "convergent"],
  ["Set-Mailbox", { Identity: "x", Password: "p" }, "once"],
  ["Add-MailboxPermission", { Identity: "x" }, "convergent"],
  ["Remove-RecipientPermission", { Identity: "x" }, "convergent"],
  ["Add-DistributionGroupMember", { Identity: "x" }, "convergent"],
  ["New-InboxRule", { Name: "x" }, "create"],
  ["New-MigrationBatch", { Name: "x" }, "create"],
  ["Start-MigrationBatch", { Identity: "x" }, "once"],
  ["Remove-Mailbox", { Identity: "x" }, "once"],
  ["Search-Mailbox", {}, "once"],
  ["Getaway-Car", {}, "once"],
  ["Forget-Get-Mailbox", {}, "once"],
])("%s with %o is of class %s", (cmdlet, parameters, effect) => {
  expect(effectOf(cmdlet, parameters)).toBe(effect);
});
