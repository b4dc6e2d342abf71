/** A row of the folder audit as the access it tells of. Pure. */
import type { Access, AccessReading, Row } from "../../src/job/index.ts";
import { UNKNOWN } from "../common/cells.ts";

const NOBODY: ReadonlySet<string> = new Set(["default", "anonymous", "local"]);

export const folderAccess: AccessReading = {
  of(row): Access | undefined {
    const type = String(row["UserClass"]);
    if (NOBODY.has(type) || row["AccessRights"] === "None") return undefined;
    return {
      holder: {
        id: known(row, "UserId").toLowerCase(),
        sid: /S-1-5-21(-\d+)+/i.exec(String(row["UserRaw"]))?.[0]?.toLowerCase() ?? "",
        text: known(row, "UserRaw").trim().toLowerCase(),
        displayName: known(row, "UserDisplayName") || known(row, "UserRaw"),
        address: known(row, "UserPrimarySmtp"),
        type,
      },
      right: String(row["AccessRights"]),
      allow: true,
      inherited: false,
      source: { kind: "folder", path: [String(row["FolderPath"])] },
      readAt: known(row, "ReadAtUtc"),
    };
  },
  // Of other folders a run about calendars knows nothing; an access does not say which kind its folder is of, so it says nothing of any.
  seeks: isAll,
};

function isAll(params: unknown): boolean {
  return typeof params === "object" && params !== null && "folders" in params && params.folders === "all";
}

/** Empty for an empty cell and for one that is not known. */
function known(row: Row, column: string): string {
  const cell = row[column] ?? "";
  return cell === UNKNOWN ? "" : String(cell);
}
