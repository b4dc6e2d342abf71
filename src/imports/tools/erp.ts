/**
 * Export-RecipientPermissions (GruberMarkus, v4): its README, "Output", "ExpandGroups", "ExportGrantorsWithNoPermissions", "ExportGuids" and
 * "ExportSids". Semicolons, all cells in quotes, UTF-8 with a byte order mark.
 */
import { splitList } from "../../values.ts";
import type { ToldGrant } from "../../job/index.ts";
import {
  guidIn,
  isAddress,
  mailboxTypeOf,
  principalTypeOf,
  type Tool,
  type ToldLine,
  type ToldMailbox,
  truthIn,
} from "./tool.ts";

/** Of the thirteen kinds of permissions it knows, those that are rights on a mailbox; `unknown` is what we write for an entry without any. */
const RIGHTS: ReadonlyMap<string, string> = new Map(
  [
    "FullAccess",
    "ReadPermission",
    "ChangePermission",
    "ChangeOwner",
    "DeleteItem",
    "ExternalAccount",
    "SendAs",
    "SendOnBehalf",
    "unknown",
  ].map((right) => [right.toLowerCase(), right]),
);
/** Between a group that holds a right and the member it was expanded to; five blanks before it. */
const MEMBER = / {5}\[Member(?:Recurse|Direct)\] /;

export const ERP: Tool = {
  as: "erp",
  called: "Export-RecipientPermissions",
  needs: [
    "Grantor Primary SMTP",
    "Permission",
    "Allow/Deny",
    "Trustee Original Identity",
    "Trustee Primary SMTP",
  ],
  always: [],
  limits: { denied: true, inherited: false, withoutAddress: true, rights: null },
  read,
};

function read(cell: (column: string) => string): ToldLine {
  const type = mailboxTypeOf(cell("Grantor Recipient Type"));
  if (type === undefined)
    return { is: "left", what: "rights on groups, folders and others without a mailbox" };
  const address = cell("Grantor Primary SMTP").trim();
  if (!isAddress(address)) return { is: "bad", expected: "an address in Grantor Primary SMTP" };
  const mailbox: ToldMailbox = {
    id: guidIn(cell("Grantor Exchange GUID")),
    address,
    displayName: cell("Grantor Display Name"),
    type,
    softDeleted: false,
  };
  const permission = cell("Permission").trim();
  const identity = cell("Trustee Original Identity");
  const trusteeAddress = cell("Trustee Primary SMTP").trim();
  const sid = cell("Trustee SID").trim();
  // A grantor that grants nothing, of `ExportGrantorsWithNoPermissions`.
  if (permission === "" && identity === "" && trusteeAddress === "")
    return { is: "told", mailbox, grants: [] };
  if (cell("Folder").trim() !== "") return { is: "left", what: "rights on folders" };
  const rights = splitList(permission);
  const known = rights.flatMap((right) => RIGHTS.get(right.toLowerCase()) ?? []);
  if (known.length === 0)
    return permission === ""
      ? { is: "bad", expected: "a right in Permission", mailbox }
      : { is: "left", what: permission };
  const word = cell("Allow/Deny").trim().toLowerCase();
  if (word !== "allow" && word !== "deny")
    return { is: "bad", expected: "Allow or Deny in Allow/Deny", mailbox };
  const inherited = cell("Inherited").trim() === "" ? false : truthIn(cell("Inherited"));
  if (inherited === undefined) return { is: "bad", expected: "True or False in Inherited", mailbox };
  if (identity.trim() === "" && trusteeAddress === "" && sid === "")
    return { is: "bad", expected: "somebody in Trustee Original Identity", mailbox };
  const [group, ...members] = identity.split(MEMBER);
  const member = members.at(-1);
  const entry: Omit<ToldGrant, "right"> = {
    rights: known,
    raw: permission,
    allow: word === "allow",
    inherited,
    trustee: member ?? identity,
    sid,
    address: isAddress(trusteeAddress) ? trusteeAddress : "",
    displayName: cell("Trustee Display Name"),
    type: principalTypeOf(cell("Trustee Recipient Type")),
    viaGroup: member === undefined ? "" : (group ?? ""),
  };
  return { is: "told", mailbox, grants: known.map((right) => ({ ...entry, right })) };
}
