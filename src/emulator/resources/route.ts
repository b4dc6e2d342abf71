/** Addresses of the resource endpoints (`exo-protocol.md` 1.4): what a path is about. Segments are case-insensitive, keys are not. */
import { decoded } from "../receive.ts";

/** What is read there. */
export type ResourceType =
  | "Mailbox"
  | "CasMailbox"
  | "Recipient"
  | "MailboxPermission"
  | "MailboxStatistics"
  | "MailboxFolderStatistics"
  | "MailboxFolderPermission"
  | "MobileDeviceStatistics";

export interface Route {
  readonly type: ResourceType;
  /** As written in the path: base64 when the query says so; undefined for all of the set. */
  readonly key: string | undefined;
  /** Of a folder. */
  readonly folder?: string;
  readonly folderScope?: string;
  /** GUID of the mailbox, never encoded. */
  readonly mailboxGuid?: string;
}

interface Segment {
  readonly name: string;
  /** In the parentheses; undefined without any. */
  readonly inside: string | undefined;
}

/** @param resource path below the tenant, as the caller wrote it; @returns undefined for any other address */
export function routeOf(resource: string): Route | undefined {
  const [first, ...rest] = resource.replace(/\/$/, "").split("/").map(segmentOf);
  if (first === undefined || rest.includes(undefined)) return undefined;
  const below = rest.filter((segment) => segment !== undefined);
  const path = below.map(({ name }) => name).join("/");
  const key = keyOf(first.inside);
  if (first.inside !== undefined && key === undefined) return undefined;
  if (path === "") return SETS.has(first.name) ? { type: SETS.get(first.name) ?? "Mailbox", key } : undefined;
  if (first.name !== "mailbox") return undefined;
  if (key === undefined) return path === "exchange.getmailboxstatisticsv2" ? byGuids(below[0]) : undefined;
  return belowMailbox(path, key, below);
}

const SETS: ReadonlyMap<string, ResourceType> = new Map([
  ["mailbox", "Mailbox"],
  ["casmailbox", "CasMailbox"],
  ["recipient", "Recipient"],
]);

function belowMailbox(path: string, key: string, below: readonly Segment[]): Route | undefined {
  const [first, second] = below;
  switch (path) {
    case "mailboxpermission":
      return { type: "MailboxPermission", key };
    case "exchange.getmailboxstatistics":
      return { type: "MailboxStatistics", key };
    case "mobiledevice/exchange.getmobiledevicestatistics":
      return { type: "MobileDeviceStatistics", key };
    case "mailboxfolder/exchange.getmailboxfolderstatistics": {
      const [, folderScope] =
        /^folderscope=(?:Exchange\.ElcFolderType)?'(\w*)'$/i.exec(second?.inside ?? "") ?? [];
      return folderScope === undefined ? undefined : { type: "MailboxFolderStatistics", key, folderScope };
    }
    case "mailboxfolder/mailboxfolderpermission": {
      const folder = keyOf(first?.inside);
      return folder === undefined ? undefined : { type: "MailboxFolderPermission", key, folder };
    }
    default:
      return undefined;
  }
}

function byGuids(segment: Segment | undefined): Route | undefined {
  const [, mailboxGuid] =
    /^mailboxGuid=([0-9a-f-]{36}),databaseGuid=[0-9a-f-]{36}$/i.exec(segment?.inside ?? "") ?? [];
  return mailboxGuid === undefined ? undefined : { type: "MailboxStatistics", key: undefined, mailboxGuid };
}

function segmentOf(text: string): Segment | undefined {
  const [, name, inside] = /^([a-z0-9.]+)(?:\((.*)\))?$/is.exec(decoded(text)) ?? [];
  return name === undefined ? undefined : { name: name.toLowerCase(), inside };
}

/** `'a''b'` → `a'b`. */
function keyOf(inside: string | undefined): string | undefined {
  return inside === undefined ? undefined : /^'((?:[^']|'')*)'$/s.exec(inside)?.[1]?.replaceAll("''", "'");
}
