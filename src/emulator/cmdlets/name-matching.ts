/** Names as ambiguous name resolution and wildcards look at them. */
import type { Recipient } from "../organisation/recipient.ts";
import { wildcard } from "./wildcard.ts";

/** Accepts recipients by a wildcard in an identity and by the beginning of a name; everybody when neither is given. */
export function matcherFor(identity = "", anr = ""): (recipient: Recipient) => boolean {
  const isNamed = identity.includes("*") ? wildcard(identity) : () => true;
  const start = anr.toLowerCase();
  if (!identity.includes("*") && start === "") return () => true;
  return (recipient) => {
    const names = namesOf(recipient);
    return names.some(isNamed) && names.some((name) => name.toLowerCase().startsWith(start));
  };
}

function namesOf({ displayName, alias, name, primarySmtp }: Recipient): string[] {
  return [displayName, alias, name, primarySmtp, ...displayName.split(" ")];
}
