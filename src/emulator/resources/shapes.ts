/** Rows of the plain cmdlets in the shapes of the resource endpoints: sizes in bytes, rights nested, no type beside a value (`exo-protocol.md` 1.4). */
import type { RowSource, WireRow, WireValue } from "../cmdlet.ts";
import { rowsOf } from "../cmdlets/listing.ts";
import type { ResourceType } from "./route.ts";

type Shape = (rows: readonly WireRow[]) => readonly WireRow[];

/** What PowerShell adds to an object and the service's entity types do not have. */
const OF_POWERSHELL: ReadonlySet<string> = new Set(["isvalid", "objectstate"]);

/** Types whose sizes are numbers here. */
const IN_BYTES: ReadonlySet<ResourceType> = new Set(["MailboxStatistics", "MailboxFolderStatistics"]);

/** @param wanted lower-case names of properties; all when absent */
export function shaped(type: ResourceType, wanted: ReadonlySet<string> | undefined): Shape {
  if (type === "MailboxPermission") return nestedPermissions;
  if (type === "MailboxFolderPermission") return (rows) => rows.map(folderPermission);
  const inBytes = IN_BYTES.has(type);
  return (rows) =>
    rows.map((row) =>
      row
        .filter(([name]) => wanted?.has(name.toLowerCase()) ?? !OF_POWERSHELL.has(name.toLowerCase()))
        .map(([name, value]) => [name, typed(value, inBytes)] as const),
    );
}

/** Pages of a source, each in another shape. */
export function reshaped(source: RowSource, shape: Shape): RowSource {
  return {
    read(from, limit) {
      const { rows, next } = source.read(from, limit);
      return { rows: shape(rows), next };
    },
  };
}

/** A source that belongs to one object and is read whole before it is shaped. */
export function whole(source: RowSource, shape: Shape): RowSource {
  const rows: WireRow[] = [];
  let from: string | undefined;
  do {
    const page = source.read(from, 1000);
    rows.push(...page.rows);
    from = page.next;
  } while (from !== undefined);
  return rowsOf(shape(rows));
}

/** The first rows of a source (`$top`). */
export function limited(source: RowSource, most: number): RowSource {
  return {
    read(from, limit) {
      const [given = "0", ...place] = (from ?? "0").split("|");
      const room = Math.min(limit, most - Number(given));
      const { rows, next } = source.read(place.join("|") || undefined, room);
      const sum = Number(given) + rows.length;
      return { rows, next: next === undefined || sum >= most ? undefined : `${sum}|${next}` };
    },
  };
}

function typed(value: WireValue, inBytes: boolean): WireValue {
  if (value.type === "datetime") return { type: "plain", value: value.value.toISOString() };
  if (value.type === "guid") return { type: "plain", value: value.value };
  const bytes =
    inBytes && typeof value.value === "string" ? /\(([\d,]+) bytes\)$/.exec(value.value)?.[1] : undefined;
  return bytes === undefined ? value : { type: "int64", value: BigInt(bytes.replaceAll(",", "")) };
}

/** One object a holder, with all its rights in a list; there is no SID (`exo-protocol.md` 10.4). */
function nestedPermissions(rows: readonly WireRow[]): readonly WireRow[] {
  const holders = new Map<string, { readonly identity: unknown; readonly list: unknown[] }>();
  for (const row of rows) {
    const value = (name: string): unknown => row.find(([own]) => own === name)?.[1].value;
    const shown = value("User") ?? value("Owner");
    const user = typeof shown === "string" ? shown : "";
    const holder = holders.get(user) ?? { identity: value("Identity"), list: [] };
    holders.set(user, holder);
    holder.list.push({
      AccessRights: value("AccessRights") ?? [],
      IsInherited: value("IsInherited") === true,
      // A flag, or the word for it.
      Deny: value("Deny") === true || value("Deny") === "True",
      InheritanceType: value("InheritanceType") ?? null,
    });
  }
  return [...holders].map(([user, { identity, list }]) => [
    ["MailboxIdentity", plain(identity)],
    ["User", plain(user)],
    ["IsOwner", { type: "plain", value: false }],
    ["PermissionList", json(list)],
  ]);
}

/** The special users stand on every folder, before all others, whatever they are called. */
const SPECIALS = ["Default", "Anonymous"];

function folderPermission(row: WireRow, place: number): WireRow {
  const of = (name: string): WireValue => row.find(([own]) => own === name)?.[1] ?? plain(null);
  const user = of("User").value;
  const type = SPECIALS[place] ?? "Internal";
  return [
    ["Identity", of("Identity")],
    ["MailboxFolderIdentity", of("Identity")],
    ["FolderName", of("FolderName")],
    ["User", of("User")],
    ["MailboxFolderUser", json({ UserPrincipalName: null, UserType: type, DisplayName: user })],
    ["AccessRights", of("AccessRights")],
    ["SharingPermissionFlags", of("SharingPermissionFlags")],
  ];
}

/** Send As of one recipient, as the entity type has it. */
export function recipientPermissions(rows: readonly WireRow[]): WireValue {
  return json(
    rows.map((row) => {
      const value = (name: string): unknown => row.find(([own]) => own === name)?.[1].value ?? null;
      return {
        Identity: value("Identity"),
        Trustee: value("Trustee"),
        AccessControlType: value("AccessControlType"),
        AccessRights: value("AccessRights"),
        IsInherited: false,
        InheritanceType: "None",
      };
    }),
  );
}

function plain(value: unknown): WireValue {
  return { type: "plain", value: typeof value === "string" ? value : null };
}

function json(value: unknown): WireValue {
  return { type: "json", value: JSON.stringify(value) };
}
