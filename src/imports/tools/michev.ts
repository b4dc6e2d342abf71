/**
 * Vasil Michev's scripts (michevnew/PowerShell): Mailbox_Permissions_inventory.ps1 (`User`, `Mailbox address`, `Mailbox type`, `Access Rights`),
 * its V2 (with `User Sid` and `Is soft-deleted`, by `Export-Csv -Encoding UTF8 -UseCulture`), and Mailbox_Permissions_inventory_SOB and its V2.
 * They leave out what is inherited and NT AUTHORITY\SELF, and do not say whether a right is denied.
 */
import { splitList } from "../../values.ts";
import type { ToldGrant } from "../../job/index.ts";
import { isAddress, mailboxTypeOf, type Tool, type ToldLine, type ToldMailbox, truthIn } from "./tool.ts";

const LIMITS = { denied: false, inherited: false, withoutAddress: true, rights: null } as const;

export const MICHEV: Tool = {
  as: "michev",
  called: "Mailbox_Permissions_inventory",
  needs: ["User", "Mailbox address", "Access Rights"],
  always: ["full-access"],
  limits: LIMITS,
  read(cell) {
    const rights = splitList(cell("Access Rights"));
    return told(cell, {
      mailbox: "Mailbox address",
      type: "Mailbox type",
      who: "User",
      rights,
      raw: cell("Access Rights"),
    });
  },
};

export const MICHEV_ON_BEHALF: Tool = {
  as: "michev",
  called: "Mailbox_Permissions_inventory_SOB_V2",
  needs: ["Recipient Address", "GrantSendOnBehalfTo", "Access Rights"],
  always: ["send-on-behalf"],
  limits: LIMITS,
  read: (cell) => onBehalf(cell, "GrantSendOnBehalfTo"),
};

export const MICHEV_ON_BEHALF_1: Tool = {
  as: "michev",
  called: "Mailbox_Permissions_inventory_SOB",
  needs: ["Recipient Address", "User", "Access Rights"],
  always: ["send-on-behalf"],
  limits: LIMITS,
  read: (cell) => onBehalf(cell, "User"),
};

export const MICHEV_FOLDERS: Tool = {
  as: "michev",
  called: "Mailbox_Folder_Permissions_inventory",
  needs: ["Mailbox address", "Folder identity", "User", "Permissions"],
  refuses: "it is about folders, and only rights on whole mailboxes can be imported",
  always: [],
  limits: LIMITS,
  read: () => ({ is: "left", what: "rights on folders" }),
};

function onBehalf(cell: (column: string) => string, who: string): ToldLine {
  return told(cell, {
    mailbox: "Recipient Address",
    type: "Recipient type",
    who,
    rights: ["SendOnBehalf"],
    raw: cell("Access Rights"),
  });
}

function told(
  cell: (column: string) => string,
  from: {
    readonly mailbox: string;
    readonly type: string;
    readonly who: string;
    readonly rights: readonly string[];
    readonly raw: string;
  },
): ToldLine {
  const { rights, raw } = from;
  const type = mailboxTypeOf(cell(from.type));
  if (type === undefined) return { is: "left", what: "rights on groups and others without a mailbox" };
  const address = cell(from.mailbox).trim();
  if (!isAddress(address)) return { is: "bad", expected: `an address in ${from.mailbox}` };
  const softDeleted = truthIn(cell("Is soft-deleted")) === true;
  const mailbox: ToldMailbox = { id: "", address, displayName: "", type, softDeleted };
  const trustee = cell(from.who);
  const sid = cell("User Sid").trim();
  if (trustee.trim() === "" && sid === "") return { is: "bad", expected: `somebody in ${from.who}`, mailbox };
  if (rights.length === 0) return { is: "bad", expected: "rights in Access Rights", mailbox };
  const entry: Omit<ToldGrant, "right"> = {
    rights,
    raw,
    allow: true,
    inherited: false,
    trustee,
    sid,
    address: isAddress(trustee.trim()) ? trustee.trim() : "",
    displayName: "",
    type: "",
    viaGroup: "",
  };
  return { is: "told", mailbox, grants: rights.map((right) => ({ ...entry, right })) };
}
