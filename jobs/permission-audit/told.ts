/** What a file of another tool tells of a mailbox, as rows of the audit. Who holds a right is looked up as when it is read, and never guessed. */
import type {
  Count,
  Directory,
  FoundRow,
  PrincipalType,
  Row,
  ToldContext,
  ToldGrant,
} from "../../src/job/index.ts";
import { textOf, type TrusteeClass, UNKNOWN } from "./columns.ts";
import { FULL_ACCESS, type Grant, SEND_AS, SEND_ON_BEHALF } from "./grant.ts";
import { forestsIn, noiseOf } from "./noise.ts";
import { cells } from "./row.ts";
import { resolveTrustee, type Trustee } from "./trustee.ts";
import { isSid, wellKnown } from "./well-known.ts";

const SOURCES: ReadonlyMap<string, string> = new Map([
  ["sendas", SEND_AS],
  ["sendonbehalf", SEND_ON_BEHALF],
]);
const NOBODY: Directory = { find: () => Promise.resolve([]) };

export function rowsOfTold(context: ToldContext, grants: readonly ToldGrant[]): Promise<readonly FoundRow[]> {
  const { mailbox, line: about } = context;
  const alone = grants.map((one) => ({ one, grant: grantOf(one, context.readAtMs) }));
  const entries = Map.groupBy(alone, ({ grant }) => entryOf(grant));
  const told = alone.map(({ one, grant }) => {
    const entry = entries.get(entryOf(grant)) ?? [];
    return { one, grant: { ...grant, rights: entry.flatMap(({ grant: { rights } }) => rights) } };
  });
  const forests = forestsIn(told.map(({ grant }) => grant));
  return Promise.all(
    told.map(async ({ one, grant }) => {
      const trustee = await whoIs(context, one, grant);
      const noise = noiseOf({ mailbox, grant, trustee, forests });
      const row = rowOf(context, one, grant, trustee);
      return noise === undefined ? { about, row } : { about, noise, row };
    }),
  );
}

/** Files have a line for each right: those of one trustee were one entry, and all its rights tell what the trustee is. */
function entryOf({ source, trustee, sid, allow, inherited }: Grant): string {
  return JSON.stringify([source, sid || trustee.toLowerCase(), allow, inherited]);
}

function grantOf(told: ToldGrant, readAtMs: number): Grant {
  const { right, rights, raw, allow, inherited, address } = told;
  const trustee = told.trustee || address || told.sid;
  const sid = isSid(told.sid) ? told.sid.trim() : isSid(trustee) ? trustee.trim() : "";
  const source = SOURCES.get(right.toLowerCase()) ?? FULL_ACCESS;
  return { source, readAtMs, right, rights, raw, allow, inherited, trustee, sid };
}

/** An address names one principal where a name may be anybody's: where the file has one, it is what is looked up. */
async function whoIs(context: ToldContext, told: ToldGrant, grant: Grant): Promise<Trustee> {
  const { mailbox, directory = NOBODY, count } = context;
  const { sid, trustee } = grant;
  const isAccount = wellKnown(sid, trustee) === undefined;
  const sought = isAccount && told.address !== "" ? { ...grant, trustee: told.address } : grant;
  const found = await resolveTrustee(directory, quiet(count, context.directory), mailbox, sought);
  if (found.principal !== undefined || found.class === "system" || found.class === "self") return found;
  const isOwn = told.address !== "" && told.address.toLowerCase() === mailbox.primarySmtp.toLowerCase();
  return isOwn ? { ...found, class: "self" } : found;
}

/** Where nobody can be looked up, nobody was not found. */
function quiet(count: Count, directory: Directory | undefined): Count {
  return directory === undefined ? () => undefined : count;
}

function rowOf(context: ToldContext, told: ToldGrant, grant: Grant, trustee: Trustee): Row {
  const row = cells(context, context.mailbox, grant, trustee);
  const { viaGroup, address, displayName, type } = told;
  const trusteeClass = viaGroup === "" ? classOf(context, told, trustee) : "group-member";
  // What the index of a run says goes before what the file says.
  const orTold = (column: "TrusteePrimarySmtp" | "TrusteeDisplayName" | "TrusteeType", said: string) =>
    textOf(row, column) === UNKNOWN && said !== "" ? said : (row[column] ?? null);
  const isGroup = trusteeClass === "group";
  return {
    ...row,
    TrusteePrimarySmtp: orTold("TrusteePrimarySmtp", address),
    TrusteeDisplayName: orTold("TrusteeDisplayName", displayName),
    TrusteeType: orTold("TrusteeType", type),
    TrusteeClass: trusteeClass,
    ViaGroup: viaGroup || (isGroup ? UNKNOWN : null),
    GroupPath: viaGroup || (isGroup ? UNKNOWN : null),
  };
}

const CLASSES: Readonly<Partial<Record<PrincipalType, TrusteeClass>>> = {
  group: "group",
  guest: "guest",
  contact: "external-account",
  shared: "shared",
  room: "shared",
  equipment: "shared",
};

/** A file does not say whether an account is switched off: of a user whom nobody could look up, what it is stays unknown. */
function classOf(
  { directory }: ToldContext,
  { type }: ToldGrant,
  trustee: Trustee,
): TrusteeClass | typeof UNKNOWN {
  if (trustee.principal !== undefined || trustee.class !== "unresolved") return trustee.class;
  const told = type === "" ? undefined : CLASSES[type];
  return told ?? (directory === undefined ? UNKNOWN : "unresolved");
}
