/**
 * Find-MailboxDelegates (Microsoft FastTrack): `Mailbox`, `User`, `AccessRights`, a line each, by `Export-Csv -Append`; `None` and `None` for a
 * mailbox nobody holds anything on. Only those four words (with or without blanks, as people write them who add a line by hand), only between two addresses, nothing inherited; members of groups look like
 * anybody else.
 */
import { isAddress, type Tool, type ToldMailbox } from "./tool.ts";

const RIGHTS: ReadonlyMap<string, string> = new Map([
  ["fullaccess", "FullAccess"],
  ["sendas", "SendAs"],
  ["sendonbehalfto", "SendOnBehalf"],
  ["sendonbehalf", "SendOnBehalf"],
]);

export const FASTTRACK: Tool = {
  as: "fasttrack",
  called: "Find-MailboxDelegates",
  needs: ["Mailbox", "User", "AccessRights"],
  always: [],
  limits: {
    denied: false,
    inherited: false,
    withoutAddress: false,
    rights: ["fullaccess", "sendas", "sendonbehalf"],
  },
  read(cell) {
    const address = cell("Mailbox").trim();
    if (!isAddress(address)) return { is: "bad", expected: "an address in Mailbox" };
    const mailbox: ToldMailbox = { id: "", address, displayName: "", type: "other", softDeleted: false };
    const raw = cell("AccessRights").trim();
    const word = raw.toLowerCase();
    const user = cell("User").trim();
    if (word === "none" && user.toLowerCase() === "none") return { is: "told", mailbox, grants: [] };
    if (word === "calendar folder") return { is: "left", what: "rights on calendars" };
    const right = RIGHTS.get(word.replaceAll(" ", ""));
    if (right === undefined)
      return { is: "bad", expected: "Full Access, Send As, SendOnBehalfTo or Calendar Folder", mailbox };
    if (!isAddress(user)) return { is: "bad", expected: "an address in User", mailbox };
    const grant = {
      right,
      rights: [right],
      raw,
      allow: true,
      inherited: false,
      trustee: user,
      sid: "",
      address: user,
      displayName: "",
      type: "" as const,
      viaGroup: "",
    };
    return { is: "told", mailbox, grants: [grant] };
  },
};
