/**
 * Reads one mailbox and makes sure the answer is about it. The service may answer with rows of another mailbox (a name that is a prefix of
 * another, `exo-protocol.md` 10.1; items of a batch that traded ids): such rows are set aside and counted, the mailbox is asked once more by
 * object id, in a request of its own, and a second mismatch fails.
 */
import { ExoError, plainCmdlet, type SendOptions } from "../exo/index.ts";
import {
  type CmdletReply,
  type Count,
  type Directory,
  type ExoRow,
  isGrantorType,
  type Mailbox,
  type Parameters,
  type Principal,
  type ReadOptions,
} from "../job/index.ts";
import { keysOfMailbox } from "./mailbox.ts";
import type { Sender } from "./read-only.ts";
import { planted } from "../test-points.ts";

/** Cmdlets whose rows name their object by its display name. */
const NAMES_BY_DISPLAY_NAME = new Set(["get-recipientpermission"]);

/** Cmdlets whose `Identity` is a thing in a mailbox, and which take the mailbox as `Mailbox` (`exo-protocol.md` 10.13, 10.14). */
const TAKES_MAILBOX = new Set(["get-inboxrule", "get-mobiledevice", "get-mobiledevicestatistics"]);
/** Cmdlets whose rows are things in a mailbox: their Identity begins with the mailbox's, before a backslash or a colon. */
const NAMES_THINGS = new Set([
  ...TAKES_MAILBOX,
  "get-mailboxfolderpermission",
  "get-mailboxfolderstatistics",
]);
/** Names can hold separators themselves; no more of an identity's beginnings than this are looked up. */
const MOST_BEGINNINGS = 4;

/** `Get-EXOX` names things as `Get-X` does. */
function kindOf(cmdlet: string): string {
  return plainCmdlet(cmdlet).toLowerCase();
}

/** The parameter by which a cmdlet is told the mailbox. */
export function naming(cmdlet: string, mailbox: string, part = ""): Parameters {
  return TAKES_MAILBOX.has(kindOf(cmdlet)) ? { Mailbox: mailbox } : { Identity: `${mailbox}${part}` };
}

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
  { part, ...options }: SendOptions & ReadOptions,
): Promise<CmdletReply> {
  const anchored: SendOptions = { ...options, anchor: anchorOf(mailbox) };
  const first = await parts.exo.invoke(
    cmdlet,
    { ...parameters, ...naming(cmdlet, mailbox.id, part) },
    anchored,
  );
  const before = await strangersIn(parts, mailbox, cmdlet, first.rows);
  if (before.foreign + before.doubtful === 0) return told(parts, before, first);
  const apart: SendOptions = { ...anchored, alone: { ...anchored.alone, company: false } };
  const again = naming(cmdlet, mailbox.objectId || mailbox.id, part);
  const second = await parts.exo.invoke(cmdlet, { ...parameters, ...again }, apart);
  const after = await strangersIn(parts, mailbox, cmdlet, second.rows);
  const wrong = before.foreign + after.foreign + (after.doubtful === 0 ? before.doubtful : 0);
  if (wrong > 0) parts.count("wrong-identity", wrong);
  if (after.foreign > 0) throw wrongIdentity(cmdlet, second.requestId);
  return told(parts, after, second);
}

/** Rows under a name that is not the mailbox's own. */
interface Strangers {
  /** The name belongs to another. */
  readonly foreign: number;
  /**
   * The name is somebody's display name, and the cmdlet names objects by theirs (`exo-protocol.md` 10.5): an old name of this mailbox, or
   * the answer is another's. Told twice by the immutable id, it is an old name.
   */
  readonly doubtful: number;
  /** Nobody has the name: an old one of this mailbox. */
  readonly old: number;
}

async function strangersIn(
  parts: ReadParts,
  mailbox: Mailbox,
  cmdlet: string,
  rows: readonly ExoRow[],
): Promise<Strangers> {
  const own = new Set(keysOfMailbox(mailbox));
  const byDisplayName = NAMES_BY_DISPLAY_NAME.has(kindOf(cmdlet));
  const namesThings = NAMES_THINGS.has(kindOf(cmdlet));
  const isOfModule = plainCmdlet(cmdlet) !== cmdlet;
  const names = new Map<string, number>();
  for (const row of rows) {
    // The minimum of `Get-EXOMailbox` has the same under another name.
    const identity = row["Identity"] ?? (isOfModule ? row["Id"] : undefined);
    if (typeof identity !== "string" || identity.trim() === "" || own.has(identity.trim().toLowerCase()))
      continue;
    if (namesThings && beginnings(identity).some((name) => own.has(name))) continue;
    const name = namesThings ? beginnings(identity).slice(0, MOST_BEGINNINGS).join("\0") : identity;
    names.set(name, (names.get(name) ?? 0) + 1);
  }
  const strangers = { foreign: 0, doubtful: 0, old: 0 };
  if (planted("accept-foreign-rows")) return strangers;
  for (const [name, count] of names) {
    const owners = (await Promise.all(name.split("\0").map((one) => parts.directory.find(one)))).flat();
    if (owners.length === 0) strangers.old += count;
    else if (owners.some((owner) => isSame(owner, mailbox))) continue;
    else if (byDisplayName && !owners.some((owner) => isNamed(owner, name))) strangers.doubtful += count;
    else strangers.foreign += count;
  }
  return strangers;
}

/** Requests find their way by a mailbox that lives; what is about another grantor goes where listings go. */
function anchorOf({ id, type }: Mailbox): NonNullable<SendOptions["anchor"]> {
  return isGrantorType(type) ? { kind: "tenant" } : { kind: "mailbox", guid: id };
}

/** `anna\Kalender\Urlaub` → `anna`, `anna\kalender`: what may be the mailbox's name, the shortest first. */
function beginnings(identity: string): readonly string[] {
  return [...identity.matchAll(/[\\:]/g)].map(({ index }) => identity.slice(0, index).trim().toLowerCase());
}

function told(parts: ReadParts, { old, doubtful }: Strangers, reply: CmdletReply): CmdletReply {
  if (old + doubtful > 0) parts.count("old-name", old + doubtful);
  return reply;
}

function isSame(owner: Principal, mailbox: Mailbox): boolean {
  return (
    owner.mailboxId === mailbox.id ||
    owner.id === mailbox.id ||
    (mailbox.objectId !== "" && owner.id === mailbox.objectId)
  );
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
    `Cannot use the answer of ${cmdlet}: its rows belong to another mailbox, also when it was asked alone`,
    {
      cmdlet,
      kind: "wrong-identity",
      remedy: "give-up",
      requestId,
    },
  );
}
