/** The least role group that can run a cmdlet, for the sentence that says it is missing; `exo-protocol.md` 2.2. */

const NAMED: Readonly<Record<string, string>> = {
  // Not in View-Only Organization Management, although it only reads.
  "get-recipientpermission": "Recipient Management",
  "add-recipientpermission": "Recipient Management",
  "remove-recipientpermission": "Recipient Management",
  "get-adminauditlogconfig": "Security Reader",
};

export function leastRole(cmdlet: string): string {
  const name = cmdlet.toLowerCase();
  const named = NAMED[name];
  if (named !== undefined) return named;
  if (/^(get|test)-/.test(name)) return "View-Only Organization Management";
  return /mailbox|recipient|distributiongroup|mail(user|contact)|migration|moverequest/.test(name)
    ? "Recipient Management"
    : "Organization Management";
}
