/** A row of the permission audit as the access it tells of, for look-ups. Pure. */
import { type Access, type AccessSource, addressId, type Holder, type Row } from "../../src/job/index.ts";
import { type Column, isRowOfGroup, JOINT, textOf, UNKNOWN } from "./columns.ts";

/** Whoever comes in by a group is found by way of the group, whether or not there are rows of them. */
export function accessOf(row: Row): Access | undefined {
  if (isRowOfGroup(row)) return undefined;
  return {
    holder: holderOf(row),
    right: textOf(row, "Right"),
    allow: row["Allow"] === true,
    inherited: row["Inherited"] === true,
    source: sourceOf(row),
    readAt: textOf(row, "ReadAtUtc"),
  };
}

function holderOf(row: Row): Holder {
  const type = textOf(row, "TrusteeClass");
  const id = known(row, "TrusteeId");
  // SELF and the service's own accounts are on each mailbox and nobody's: they are told, and lead nowhere.
  const nobody = id === "" && (type === "self" || type === "system");
  const address = known(row, "TrusteePrimarySmtp");
  return {
    // Of somebody whom only a file tells of, the address is all there is.
    id: id === "" && !nobody && address !== "" ? addressId(address) : id,
    sid: nobody ? "" : known(row, "TrusteeSid"),
    text: nobody ? "" : textOf(row, "TrusteeRaw").trim(),
    displayName: known(row, "TrusteeDisplayName") || textOf(row, "TrusteeRaw"),
    address,
    type,
  };
}

function sourceOf(row: Row): AccessSource {
  const path = (known(row, "GroupPath") || known(row, "ViaGroup")).split(JOINT).filter((part) => part !== "");
  if (path.length > 0) return { kind: "group", path };
  return { kind: textOf(row, "Right") === "SendOnBehalf" ? "on-behalf" : "direct", path };
}

function known(row: Row, column: Column): string {
  const text = textOf(row, column);
  return text === UNKNOWN ? "" : text;
}
