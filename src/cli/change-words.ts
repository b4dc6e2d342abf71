/** One line of a table of changes kept by hand (`Action,Mailbox,Right,Trustee,AutoMapping,Folder,Level,Field,Value`) as a cmdlet. Pure. */
import { settingsOf } from "../exo/index.ts";
import type { Change, ParameterValue } from "../job/index.ts";

/** Where a field is looked for, in this order; one that none of them has is of Set-Mailbox. */
const SETTERS = [
  "Set-Mailbox",
  "Set-CASMailbox",
  "Set-MailboxRegionalConfiguration",
  "Set-MailboxAutoReplyConfiguration",
  "Set-CalendarProcessing",
];

type Cell = (column: string) => string;

/** Columns that mean something only with some rights; filled elsewhere they say that somebody meant another line. */
const BOUND = ["Folder", "Level", "Field", "Value"];

/** @returns a sentence for people when the line makes no sense */
export function changeOfWords(cell: Cell): Change | string {
  const action = cell("action").toLowerCase();
  if (action === "set" && cell("right") === "")
    return strayIn(cell, ["Field", "Value"], "a field", ["Trustee"]) ?? setOf(cell);
  const right = cell("right")
    .toLowerCase()
    .replaceAll(/[\s_-]/g, "");
  const trustee = cell("trustee");
  if (action !== "add" && action !== "remove" && !(action === "set" && right === "folder"))
    return action === "set"
      ? `expected Action Add or Remove for the right "${cell("right")}"; Set is for folders and fields`
      : `expected Action Add, Remove or Set, got "${cell("action")}"`;
  if (trustee === "") return "expected a trustee";
  const stray = strayIn(cell, right === "folder" ? ["Folder", "Level"] : [], `the right "${cell("right")}"`);
  const verb = action === "add" ? "Add" : action === "remove" ? "Remove" : "Set";
  const mapping = cell("automapping");
  if (mapping !== "" && boolean(mapping) === undefined)
    return `expected AutoMapping true or false, got "${mapping}"`;
  switch (right) {
    case "fullaccess":
      return (
        stray ?? {
          cmdlet: `${verb}-MailboxPermission`,
          parameters: { User: trustee, AccessRights: ["FullAccess"], ...autoMapping(verb, mapping) },
        }
      );
    case "sendas":
      return (
        stray ?? {
          cmdlet: `${verb}-RecipientPermission`,
          parameters: { Trustee: trustee, AccessRights: ["SendAs"], Confirm: false },
        }
      );
    case "sendonbehalf":
      return stray ?? { cmdlet: "Set-Mailbox", parameters: { GrantSendOnBehalfTo: { [action]: [trustee] } } };
    case "folder":
      return stray ?? folderOf(verb, trustee, cell);
    default:
      return `expected Right FullAccess, SendAs, SendOnBehalf or Folder, got "${cell("right")}"`;
  }
}

function strayIn(
  cell: Cell,
  own: readonly string[],
  what: string,
  more: readonly string[] = [],
): string | undefined {
  const stray = [...BOUND, ...more].filter((name) => !own.includes(name) && cell(name.toLowerCase()) !== "");
  return stray.length === 0 ? undefined : `${stray.join(" and ")} must be empty with ${what}`;
}

/** Where nothing is said, Exchange maps. */
function autoMapping(verb: string, cell: string): { readonly [name: string]: ParameterValue } {
  const value = boolean(cell);
  return verb === "Add" && value !== undefined ? { AutoMapping: value } : {};
}

function folderOf(verb: string, trustee: string, cell: Cell): Change | string {
  const folder = cell("folder");
  if (folder === "") return "expected a folder, such as \\Calendar";
  const Identity = `:${folder.startsWith("\\") ? "" : "\\"}${folder}`;
  const level = cell("level");
  if (verb === "Remove")
    return {
      cmdlet: "Remove-MailboxFolderPermission",
      parameters: { Identity, User: trustee, Confirm: false },
    };
  if (level === "") return "expected a level, such as Reviewer";
  return {
    cmdlet: `${verb}-MailboxFolderPermission`,
    parameters: { Identity, User: trustee, AccessRights: [level] },
  };
}

function setOf(cell: Cell): Change | string {
  const field = cell("field");
  if (!/^[A-Za-z]\w{0,63}$/.test(field))
    return `expected a field, such as HiddenFromAddressListsEnabled, got "${field}"`;
  const found = SETTERS.flatMap((cmdlet) => {
    const settings = Object.entries(settingsOf(cmdlet)?.settings ?? {});
    const kind = settings.find(([name]) => name.toLowerCase() === field.toLowerCase())?.[1];
    return kind === undefined ? [] : [{ cmdlet, kind }];
  })[0];
  const value = valueOf(cell("value"), found?.kind ?? "");
  return value === undefined
    ? `expected true or false for ${field}, got "${cell("value")}"`
    : { cmdlet: found?.cmdlet ?? "Set-Mailbox", parameters: { [field]: value } };
}

/** Nothing, or `$null`, clears; what a flag's value means is plain, and `$true` and `$false` mean themselves anywhere. */
function valueOf(text: string, kind: string): ParameterValue | undefined {
  if (text === "" || /^\$null$/i.test(text)) return null;
  if (kind.startsWith("flag")) return boolean(text);
  if (kind.startsWith("number") && /^-?\d{1,15}$/.test(text)) return Number(text);
  return /^\$(true|false)$/i.test(text) ? boolean(text) : text;
}

function boolean(text: string): boolean | undefined {
  if (/^\$?(true|yes)$/i.test(text)) return true;
  return /^\$?(false|no)$/i.test(text) ? false : undefined;
}
