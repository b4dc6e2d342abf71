/**
 * Reads one mailbox and makes sure the answer is about it. The service may answer with rows of another mailbox (a name that is a prefix of
 * another, `exo-protocol.md` 10.1): such rows are set aside and counted, the mailbox is asked once more by object id, and a second mismatch fails.
 */
import { ExoError, type SendOptions } from "../exo/index.ts";
import type { CmdletReply, Count, Directory, ExoRow, Mailbox, Parameters } from "../job.ts";
import { keysOfMailbox } from "./mailbox.ts";
import type { Sender } from "./read-only.ts";

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
  const strange = await foreignRows(parts, mailbox, first.rows);
  if (strange === 0) return first;
  parts.count("wrong-identity", strange);
  if (mailbox.objectId === "") throw wrongIdentity(cmdlet, first.requestId);
  const second = await parts.exo.invoke(cmdlet, { ...parameters, Identity: mailbox.objectId }, anchored);
  const again = await foreignRows(parts, mailbox, second.rows);
  if (again === 0) return second;
  parts.count("wrong-identity", again);
  throw wrongIdentity(cmdlet, second.requestId);
}

/** How many rows name another mailbox. A name nobody has is an old name of this one: it was asked for by its immutable id. */
async function foreignRows(parts: ReadParts, mailbox: Mailbox, rows: readonly ExoRow[]): Promise<number> {
  const own = new Set(keysOfMailbox(mailbox));
  const names = new Map<string, number>();
  for (const row of rows) {
    const identity = row["Identity"];
    if (typeof identity !== "string" || identity === "" || own.has(identity.toLowerCase())) continue;
    names.set(identity, (names.get(identity) ?? 0) + 1);
  }
  let foreign = 0;
  for (const [name, count] of names) {
    const owners = await parts.directory.find(name);
    if (owners.length === 0) parts.count("old-name", count);
    else if (
      !owners.some(
        (owner) =>
          owner.mailboxId === mailbox.id || (mailbox.objectId !== "" && owner.id === mailbox.objectId),
      )
    )
      foreign += count;
  }
  return foreign;
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
