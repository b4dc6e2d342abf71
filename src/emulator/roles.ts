/** Directory roles an app can be granted, and the Exchange role groups they open (`exo-protocol.md` 2.2). */
import type { Cmdlet } from "./cmdlet.ts";

export type RoleGroup = Cmdlet["roles"][number];

const ALL: readonly RoleGroup[] = ["view-only", "recipient-management", "organization-management"];

/** By template id, the `wids` claim of a token. Ids without a source in the fact sheet are Entra's published ones. */
const DIRECTORY_ROLES = {
  "exchange-administrator": { id: "29232cdf-9323-42fd-ade2-1d097af3e4de", groups: ALL },
  "global-administrator": { id: "62e90394-69f5-4237-9190-012177145e10", groups: ALL },
  "exchange-recipient-administrator": {
    id: "31392ffb-586c-42d1-9346-e59415a2cc4e",
    groups: ["recipient-management"],
  },
  "global-reader": { id: "f2ef992c-3afb-46b9-b7cf-a126ee74c451", groups: ["view-only"] },
  "security-reader": { id: "5d6b6bb7-de71-4623-b4af-96380a352509", groups: [] },
} as const satisfies Readonly<Record<string, { readonly id: string; readonly groups: readonly RoleGroup[] }>>;

export type DirectoryRole = keyof typeof DIRECTORY_ROLES;

export function isDirectoryRole(name: string): name is DirectoryRole {
  return Object.hasOwn(DIRECTORY_ROLES, name);
}

/** Present in every token, whatever the roles. */
const DEFAULT_WID = "0997a1d0-0d1d-4acb-b408-d5ca73121e90";

export function widsOf(roles: readonly DirectoryRole[]): string[] {
  return [...roles.map((role) => DIRECTORY_ROLES[role].id), DEFAULT_WID];
}

/** Role groups the `wids` of a token open; undefined when it names no directory role at all. */
export function groupsOf(wids: readonly string[]): ReadonlySet<RoleGroup> | undefined {
  const roles = Object.values(DIRECTORY_ROLES).filter((role) => wids.includes(role.id));
  return roles.length > 0 ? new Set(roles.flatMap((role) => role.groups)) : undefined;
}
