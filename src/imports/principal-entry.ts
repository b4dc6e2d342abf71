/** Who holds a right, as an entry of an imported run's principal index: who is asked for later is found by all the file calls them. Pure. */
import type { Access, Principal, PrincipalType } from "../job/index.ts";
import type { IndexEntry } from "../journal/index.ts";

const TYPES: ReadonlyMap<string, PrincipalType> = new Map(
  (["user", "shared", "room", "equipment", "group", "guest", "mail-user", "contact"] as const).map((type) => [
    type,
    type,
  ]),
);

/** Undefined for an account of the service, and for somebody of whom only a name is known: a name is nobody's alone. */
export function principalEntryOf({ holder }: Pick<Access, "holder">): IndexEntry | undefined {
  const { id, sid, text, displayName, address, type } = holder;
  if (id === "") return undefined;
  const principal: Principal = {
    id,
    sid,
    type: TYPES.get(type) ?? "other",
    displayName,
    name: "",
    userPrincipalName: "",
    primarySmtp: address,
    guest: type === "guest",
    disabled: type === "disabled",
    softDeleted: type === "soft-deleted",
    mailboxId: "",
  };
  const keys = [id, sid, text, displayName, address].map((key) => key.trim().toLowerCase());
  return {
    id: `holder:${id}`,
    keys: [...new Set(keys)].filter((key) => key !== ""),
    value: { ...principal },
  };
}
