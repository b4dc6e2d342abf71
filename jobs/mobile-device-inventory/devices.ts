/**
 * All devices of a tenant with their owners. Pages come unordered and may miss a device at a seam (`exo-protocol.md` 6.4), and a device that is
 * missing is not missed, unlike a mailbox; so they are listed until a pass brings nothing new.
 */
import { UnusableReply } from "../../src/job/index.ts";
import type {
  BulkContext,
  CmdletReply,
  ExoRow,
  FoundRow,
  Page,
  Restarted,
  Row,
} from "../../src/job/index.ts";
import { complete, textAt } from "../common/answers.ts";
import { NO_MAILBOX, UNKNOWN, mailboxCells, originCells, type Origin } from "../common/cells.ts";

export const DEVICES = "Get-MobileDevice";

export const PROPERTIES = [
  "Guid",
  "Identity",
  "DistinguishedName",
  "DeviceId",
  "FriendlyName",
  "DeviceModel",
  "DeviceOS",
  "DeviceType",
  "ClientType",
  "DeviceUserAgent",
  "DeviceAccessState",
  "DeviceAccessStateReason",
  "FirstSyncTime",
] as const;

const MOST_PASSES = 4;

export async function* devicesOfTenant(
  context: BulkContext<unknown>,
): AsyncGenerator<readonly FoundRow[] | Restarted> {
  const seen = new Set<string>();
  let fresh = 0;
  for (let pass = 1; pass <= MOST_PASSES && (pass === 1 || fresh > 0); pass += 1) {
    fresh = 0;
    for await (const page of context.exo.pages(
      DEVICES,
      { ResultSize: "Unlimited" },
      { select: PROPERTIES },
    )) {
      if ("restarted" in page) {
        seen.clear();
        fresh = 0;
        yield page;
        continue;
      }
      const rows = complete(DEVICES, page).rows.filter((row) => isNew(seen, row, page));
      fresh += rows.length;
      yield (await Promise.all(rows.map((row) => rowsOf(context, row, page)))).flat();
    }
  }
  if (fresh > 0)
    throw new UnusableReply(DEVICES, `${MOST_PASSES} listings in a row each brought new devices`, undefined);
}

function isNew(seen: Set<string>, row: ExoRow, { requestId }: Page): boolean {
  const guid = textAt(row, "Guid").toLowerCase();
  if (guid === "") throw new UnusableReply(DEVICES, "a device has no Guid", requestId);
  if (seen.has(guid)) return false;
  seen.add(guid);
  return true;
}

/** No row for a device of somebody whom the run is not about. */
async function rowsOf(context: BulkContext<unknown>, row: ExoRow, page: Page): Promise<readonly FoundRow[]> {
  const owner = ownerOf(row);
  const place = owner === "" ? undefined : await context.mailboxOf(owner);
  const device = deviceCells(context, row, page);
  if (place !== undefined) return [{ about: place.line, row: { ...mailboxCells(place.mailbox), ...device } }];
  if (owner !== "" && (await context.directory.find(owner)).length > 0) {
    context.count("outside-scope");
    return [];
  }
  context.count("owner-unknown");
  return [{ about: context.line, row: { ...NO_MAILBOX, ...device } }];
}

/** A device hangs below its owner: `CN=Hx§Outlook§…,CN=ExchangeActiveSyncDevices,CN=anna,OU=…`, `anna\ExchangeActiveSyncDevices\…`. */
function ownerOf(row: ExoRow): string {
  const [, above = ""] =
    /,\s*CN=ExchangeActiveSyncDevices,(.+)$/is.exec(textAt(row, "DistinguishedName")) ?? [];
  if (above !== "") return above.trim();
  const [, name = ""] = /^(.+?)\\ExchangeActiveSyncDevices\\/is.exec(textAt(row, "Identity")) ?? [];
  return name;
}

export function deviceCells(origin: Origin, row: ExoRow, answer: Page | CmdletReply): Row {
  const cell = (name: string): string | null => textAt(row, name) || null;
  return {
    DeviceGuid: textAt(row, "Guid").toLowerCase() || UNKNOWN,
    DeviceId: cell("DeviceId"),
    FriendlyName: cell("FriendlyName"),
    Model: cell("DeviceModel"),
    Os: cell("DeviceOS"),
    DeviceType: cell("DeviceType"),
    ClientType: cell("ClientType"),
    UserAgent: cell("DeviceUserAgent"),
    AccessState: cell("DeviceAccessState") ?? UNKNOWN,
    AccessStateReason: cell("DeviceAccessStateReason"),
    FirstSyncUtc: momentOf(textAt(row, "FirstSyncTime")),
    OwnerRaw: ownerOf(row) || UNKNOWN,
    ...originCells(origin, answer, DEVICES),
  };
}

function momentOf(text: string): string | null {
  if (text === "") return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? UNKNOWN : new Date(ms).toISOString();
}
