/** The least role group that can run a cmdlet, for the sentence that says it is missing; `exo-protocol.md` 2.2. */
import { DISCOVERY } from "./offered.ts";
import { plainCmdlet } from "./resource-table.ts";

const NAMED: Readonly<Record<string, string>> = {
  // Not in View-Only Organization Management, although it only reads.
  "get-recipientpermission": "Recipient Management",
  "add-recipientpermission": "Recipient Management",
  "remove-recipientpermission": "Recipient Management",
  "get-adminauditlogconfig": "Security Reader",
  [DISCOVERY]: "View-Only Organization Management",
};

export function leastRole(cmdlet: string): string {
  const name = plainCmdlet(cmdlet).toLowerCase();
  const named = NAMED[name];
  if (named !== undefined) return named;
  if (/^(get|test)-/.test(name)) return "View-Only Organization Management";
  return /mailbox|recipient|distributiongroup|mail(user|contact)|migration|moverequest/.test(name)
    ? "Recipient Management"
    : "Organization Management";
}
