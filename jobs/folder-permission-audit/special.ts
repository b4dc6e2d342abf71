/**
 * Finds the two entries that stand on every folder and are for nobody in particular: `Default`, everybody in the tenant, and `Anonymous`,
 * everybody else. Exchange writes them in some language, and people may be called like them, so a word alone proves nothing
 * (`docs/decisions/0023`).
 */
import type { ExoRow } from "../../src/job/index.ts";
import { splitList } from "../../src/values.ts";
import { type ShownUser, shownUser, textKind } from "./user.ts";

export type Special = "default" | "anonymous";

/** As the cmdlet takes them, whatever it writes. */
export const ENGLISH: Readonly<Record<Special, string>> = { default: "Default", anonymous: "Anonymous" };

const SPECIALS = ["default", "anonymous"] as const;

/** Words that save asking. A word that is not here costs a call or two for each mailbox, and a wrong one never decides against the service. */
const KNOWN: Readonly<Record<Special, readonly string[]>> = {
  default: [
    "Default",
    "Standard",
    "Standaard",
    "Par défaut",
    "Predeterminado",
    "Predefinito",
    "Padrão",
    "Predefinição",
    "Domyślne",
    "Výchozí",
    "Oletus",
    "По умолчанию",
    "Varsayılan",
    "既定",
    "默认",
    "默認",
    "기본값",
  ],
  anonymous: [
    "Anonymous",
    "Anonym",
    "Anoniem",
    "Anonyme",
    "Anónimo",
    "Anônimo",
    "Anonimo",
    "Anonimowe",
    "Anonymní",
    "Anonyymi",
    "Аноним",
    "Anonim",
    "匿名",
    "익명",
  ],
};

/** Words of one mailbox: all its folders speak the same language. */
export class Words {
  readonly #words = new Map(SPECIALS.map((special) => [special, new Set(KNOWN[special].map(folded))]));

  has(special: Special, text: string): boolean {
    return this.#words.get(special)?.has(folded(text)) === true;
  }

  learn(special: Special, text: string): void {
    this.#words.get(special)?.add(folded(text));
  }
}

export interface Entry {
  readonly row: ExoRow;
  readonly user: ShownUser;
}

export interface Inquiry {
  /** Whether the entry's name is nobody's in the tenant. */
  isNobody(user: ShownUser): Promise<boolean>;
  /** What the service has under a special user's English word: no row where it has no such entry. */
  ask(special: Special): Promise<readonly ExoRow[]>;
}

/**
 * Which of a folder's entries are the special ones. What the answer says itself counts first. A known word counts where one entry has it and
 * no entry is left that nobody has the name of: each stands on a folder once. Wherever that leaves doubt the service is asked.
 */
export async function specialsIn(
  entries: readonly Entry[],
  words: Words,
  inquiry: Inquiry,
): Promise<ReadonlyMap<Entry, Special>> {
  const found = new Map<Entry, Special>();
  const untold = entries.filter(({ user }) => user.type === undefined && textKind(user.text) === undefined);
  const isWord = ({ user }: Entry): boolean => SPECIALS.some((special) => words.has(special, user.text));
  const strangers: Entry[] = [];
  for (const entry of untold)
    if (!isWord(entry) && (await inquiry.isNobody(entry.user))) strangers.push(entry);
  for (const special of SPECIALS) {
    const told = entries.filter(({ user }) => user.type === special);
    for (const entry of told) found.set(entry, special);
    const rest = untold.filter((entry) => !found.has(entry));
    if (told.length > 0 || rest.length === 0) continue;
    const named = rest.filter(({ user }) => words.has(special, user.text));
    const isPlain = named.length === 1 && !strangers.some((entry) => !found.has(entry));
    const only = isPlain ? named[0] : sameAs(await inquiry.ask(special), rest);
    if (only === undefined) continue;
    found.set(only, special);
    words.learn(special, only.user.text);
  }
  return found;
}

/** The entry that is the one row of an answer; of several with its name the one with its rights, and of equal ones any. */
function sameAs(rows: readonly ExoRow[], entries: readonly Entry[]): Entry | undefined {
  const [row, ...others] = rows;
  if (row === undefined || others.length > 0) return undefined;
  const { text } = shownUser(row);
  const named = entries.filter(({ user }) => folded(user.text) === folded(text));
  return named.length < 2 ? named[0] : named.find((entry) => rightsOf(entry.row) === rightsOf(row));
}

function rightsOf(row: ExoRow): string {
  return splitList(row["AccessRights"]).toSorted().join();
}

function folded(text: string): string {
  return text.trim().normalize("NFC").toLowerCase();
}
