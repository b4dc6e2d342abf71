/** Looks trustees up in a run's principal index; in a small run, which has none, asks the service for each once. */
import { ExoError, type FailureKind } from "../exo/index.ts";
import type { Cmdlets, Directory, Principal } from "../job/index.ts";
import type { Json, Journal } from "../journal/index.ts";
import { livingFirst, mergePrincipals, PRINCIPAL_PROPERTIES, principalEntry } from "./mailbox.ts";

/** Names found lately, so that a hub trustee is not looked up a thousand times. */
const CACHE_SIZE = 10_000;

/** Answers that say: no one principal has this key. `refused-here`: a name with a wildcard in it is not sent. */
const NOBODY: ReadonlySet<FailureKind> = new Set(["ambiguous-identity", "bad-request", "refused-here"]);

const ASK = [
  ["user", "Get-User"],
  ["group", "Get-Group"],
  ["recipient", "Get-Recipient"],
] as const;

/** Where names are kept. */
export type Names = Pick<Journal, "lookUp" | "putIndex">;

export class RunDirectory implements Directory {
  readonly #run: string;
  readonly #journal: Names;
  /** Given in a small run only. */
  readonly #exo: Cmdlets | undefined;
  readonly #cache = new Map<string, Promise<readonly Principal[]>>();

  constructor(run: string, journal: Names, exo: Cmdlets | undefined) {
    this.#run = run;
    this.#journal = journal;
    this.#exo = exo;
  }

  find(key: string): Promise<readonly Principal[]> {
    const folded = key.trim().toLowerCase();
    if (folded === "") return Promise.resolve([]);
    const known = this.#cache.get(folded);
    if (known !== undefined) return known;
    const found = this.#find(folded);
    this.#cache.set(folded, found);
    // A failed look-up must not stay the answer.
    found.catch(() => this.#cache.delete(folded));
    const oldest = this.#cache.keys().next();
    if (this.#cache.size > CACHE_SIZE && !oldest.done) this.#cache.delete(oldest.value);
    return found;
  }

  /** `Principal.mailboxId` of whoever alone has this key; undefined when nobody, several, or somebody without a mailbox have it. */
  async mailboxIdOf(key: string): Promise<string | undefined> {
    const parts = await this.#parts(key.trim().toLowerCase());
    if (new Set(parts.map((part) => part.id)).size !== 1) return undefined;
    const named = livingFirst(parts).find((part) => part.mailboxId !== "");
    if (named !== undefined) return named.mailboxId;
    // Its mailbox may be known by another of its keys only.
    const [whole] = await this.#whole(parts);
    return whole?.mailboxId || undefined;
  }

  async #find(key: string): Promise<readonly Principal[]> {
    const direct = await this.#parts(key);
    if (direct.length === 0 && this.#exo !== undefined) {
      await this.#ask(key, this.#exo);
      return this.#whole(await this.#parts(key));
    }
    return this.#whole(direct);
  }

  /** Each principal once, with what all its entries say. */
  async #whole(parts: readonly Principal[]): Promise<readonly Principal[]> {
    const ids = [...new Set(parts.map((part) => part.id))];
    const whole = await Promise.all(
      ids.map(async (id) => mergePrincipals((await this.#parts(id)).filter((part) => part.id === id))),
    );
    return whole.filter((principal) => principal !== undefined);
  }

  async #parts(key: string): Promise<readonly Principal[]> {
    const [found = []] = await this.#journal.lookUp(this.#run, [key]);
    // What the run keeps of groups lies in the same index (`src/reports/groups/book.ts`).
    return found.map(toPrincipal).filter(({ id }) => id !== "");
  }

  async #ask(key: string, exo: Cmdlets): Promise<void> {
    const replies = await Promise.all(
      ASK.map(async ([source, cmdlet]) => {
        try {
          const reply = await exo.invoke(cmdlet, { Identity: key }, { select: PRINCIPAL_PROPERTIES });
          return reply.rows.map((row) => principalEntry(source, row));
        } catch (error) {
          if (error instanceof ExoError && (error.remedy === "gone" || NOBODY.has(error.kind))) return [];
          throw error;
        }
      }),
    );
    const entries = replies.flat().filter((entry) => entry !== undefined);
    await this.#journal.putIndex(
      this.#run,
      entries.map((entry) => ({ ...entry, keys: [...new Set([...entry.keys, key])] })),
    );
  }
}

/** The index holds what `principalEntry` put there; a value of another shape is a damaged journal. */
function toPrincipal(value: Json): Principal {
  if (value === null || typeof value !== "object" || Array.isArray(value))
    throw new TypeError("Cannot read the principal index: an entry is not an object");
  const entry = value as { readonly [key: string]: Json };
  const text = (name: string): string => (typeof entry[name] === "string" ? entry[name] : "");
  return {
    id: text("id"),
    sid: text("sid"),
    type: text("type") as Principal["type"],
    displayName: text("displayName"),
    name: text("name"),
    userPrincipalName: text("userPrincipalName"),
    primarySmtp: text("primarySmtp"),
    guest: entry["guest"] === true,
    disabled: entry["disabled"] === true,
    softDeleted: entry["softDeleted"] === true,
    mailboxId: text("mailboxId"),
    ...(typeof entry["groupType"] === "string" && { groupType: entry["groupType"] }),
  };
}
