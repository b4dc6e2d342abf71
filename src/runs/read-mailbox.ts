/**
 * Reads one mailbox and makes sure the answer is about it. The service may answer with rows of another mailbox (a name that is a prefix of
 * another, `exo-protocol.md` 10.1): such rows are set aside and counted, the mailbox is asked once more by object id, and a second mismatch fails.
 */
import { ExoError, type SendOptions } from "../exo/index.ts";
import type { CmdletReply, Count, Directory, ExoRow, Mailbox, Parameters, Principal } from "../job.ts";
import { keysOfMailbox } from "./mailbox.ts";
import type { Sender } from "./read-only.ts";

/** Cmdlets whose rows name their object by its display name. */
const NAMES_BY_DISPLAY_NAME = new Set(["get-recipientpermission"]);

export interface ReadParts {
  readonly exo: Pick<Sender, "invoke">;
  readonly directory: Directory;
  readonly count: Count;
}

/** @throws {ExoError} as `Exchange.invoke`, and `wrong-identity` on the second mismatch */
export async function readMailbox(
  parts: ReadParts,
  mailbox: Mailbox,
  cmdlet: string,
  parameters: Parameters,
  options: SendOptions,
): Promise<CmdletReply> {
  const anchored: SendOptions = { ...options, anchor: { kind: "mailbox", guid: mailbox.id } };
  const first = await parts.exo.invoke(cmdlet, { ...parameters, Identity: mailbox.id }, anchored);
  const strange = await foreignRows(parts, mailbox, cmdlet, first.rows);
  if (strange === 0) return first;
  parts.count("wrong-identity", strange);
  if (mailbox.objectId === "") throw wrongIdentity(cmdlet, first.requestId);
  const second = await parts.exo.invoke(cmdlet, { ...parameters, Identity: mailbox.objectId }, anchored);
  const again = await foreignRows(parts, mailbox, cmdlet, second.rows);
  if (again === 0) return second;
  parts.count("wrong-identity", again);
  throw wrongIdentity(cmdlet, second.requestId);
}

/**
 * How many rows name another mailbox. A name nobody has is an old name of this one: it was asked for by its immutable id. So is a name
 * that only is somebody's display name, where the cmdlet names objects by theirs (`exo-protocol.md` 10.5): it may be an old one.
 */
async function foreignRows(
  parts: ReadParts,
  mailbox: Mailbox,
  cmdlet: string,
  rows: readonly ExoRow[],
): Promise<number> {
  const own = new Set(keysOfMailbox(mailbox));
  const byDisplayName = NAMES_BY_DISPLAY_NAME.has(cmdlet.toLowerCase());
  const names = new Map<string, number>();
  for (const row of rows) {
    const identity = row["Identity"];
    if (typeof identity !== "string" || identity.trim() === "" || own.has(identity.trim().toLowerCase()))
      continue;
    names.set(identity, (names.get(identity) ?? 0) + 1);
  }
  let foreign = 0;
  for (const [name, count] of names) {
    const owners = await parts.directory.find(name);
    const others = byDisplayName ? owners.filter((owner) => isNamed(owner, name)) : owners;
    if (others.length === 0) parts.count("old-name", count);
    else if (!others.some((owner) => isSame(owner, mailbox))) foreign += count;
  }
  return foreign;
}

function isSame(owner: Principal, mailbox: Mailbox): boolean {
  return owner.mailboxId === mailbox.id || (mailbox.objectId !== "" && owner.id === mailbox.objectId);
}

/** By something that, unlike a display name, belongs to one object. */
function isNamed(owner: Principal, name: string): boolean {
  const folded = name.trim().toLowerCase();
  return [owner.id, owner.mailboxId, owner.name, owner.userPrincipalName, owner.primarySmtp].some(
    (own) => own.toLowerCase() === folded,
  );
}

function wrongIdentity(cmdlet: string, requestId: string | undefined): ExoError {
  return new ExoError(
    `Cannot use the answer of ${cmdlet}: its rows belong to another mailbox, also when asked by object id`,
    {
      cmdlet,
      kind: "wrong-identity",
      remedy: "give-up",
      requestId,
    },
  );
}
