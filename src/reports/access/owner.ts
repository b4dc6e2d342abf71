/** Whose mailbox a target is, as far as the manifest knows. Pure. */
import { isGrantorType, type Principal } from "../../job/index.ts";
import type { TargetStatus } from "../../journal/index.ts";

export interface Owner extends Principal {
  readonly objectId: string;
  readonly alias: string;
  readonly mailboxType: string;
  /** ExchangeGuid, where the manifest knows it by another id. */
  readonly exchangeGuid: string;
  /** All it has or had; of a small run only. */
  readonly addresses: readonly string[];
}

export const NOTHING_KNOWN: Omit<Principal, "id" | "type"> = {
  sid: "",
  displayName: "",
  name: "",
  userPrincipalName: "",
  primarySmtp: "",
  guest: false,
  disabled: false,
  softDeleted: false,
  mailboxId: "",
};

export function ownerOf(target: TargetStatus): Owner {
  const field = (name: string): unknown => {
    const { data } = target;
    return data !== null && typeof data === "object" ? Reflect.get(data, name) : undefined;
  };
  const text = (name: string): string => {
    const value = field(name);
    return typeof value === "string" ? value : "";
  };
  const addresses = field("addresses");
  const mailboxType = text("type");
  return {
    ...NOTHING_KNOWN,
    id: target.objectId || target.id,
    objectId: target.objectId,
    mailboxId: target.id,
    type: isGrantorType(mailboxType) && mailboxType !== "soft-deleted" ? "group" : "user",
    softDeleted: mailboxType === "soft-deleted",
    mailboxType,
    exchangeGuid: text("mailboxId"),
    addresses: Array.isArray(addresses) ? addresses.map(String) : [],
    displayName: text("displayName") || target.label,
    name: text("name"),
    alias: text("alias"),
    userPrincipalName: text("userPrincipalName"),
    primarySmtp: text("primarySmtp") || target.label,
  };
}
