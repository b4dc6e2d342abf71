/** Changes of one plan that undo each other: they may be carried out in any order, so what is there in the end would be chance. Pure. */
import type { Change, ParameterValue } from "../job/index.ts";
import { canonical } from "./change.ts";

interface Placed extends Change {
  /** Of the mailbox: two names of one are two mailboxes here. */
  readonly identity: string;
}

/** What a change says about one thing: two that say something else about the same thing contradict each other. */
interface Claim {
  readonly about: string;
  readonly says: string;
}

const TRUSTEES = ["user", "trustee", "member"];

/** Finds contradictions while changes come in. */
export class Contradictions {
  readonly #known = new Map<string, { readonly line: number; readonly says: string }>();

  /** @returns a sentence when an earlier change says otherwise */
  add(line: number, change: Placed): string | undefined {
    for (const { about, says } of claimsOf(change)) {
      const earlier = this.#known.get(about);
      if (earlier === undefined) this.#known.set(about, { line, says });
      else if (earlier.says !== says)
        return `contradicts line ${earlier.line}, and changes of one plan come in any order: put it into a plan of its own`;
    }
    return undefined;
  }
}

function claimsOf({ identity, cmdlet, parameters }: Placed): readonly Claim[] {
  const [verb = "", noun = ""] = cmdlet.toLowerCase().split("-");
  const given = new Map(Object.entries(parameters).map(([name, value]) => [name.toLowerCase(), value]));
  const place = [identity.toLowerCase(), noun, given.get("identity") ?? ""];
  const trustee = TRUSTEES.flatMap((name) => given.get(name) ?? []);
  if (trustee.length > 0) {
    // A folder has one entry for a trustee; elsewhere each right is an entry of its own.
    const folder = noun.endsWith("folderpermission");
    const rights = canonical([given.get("accessrights") ?? ""].flat()).toLowerCase();
    const about = canonical([...place, trustee, folder ? "" : rights]).toLowerCase();
    return [{ about, says: folder ? `${verb} ${rights}` : verb }];
  }
  if (verb !== "set") return [];
  return [...given].flatMap(([field, value]) => settingClaims(canonical([...place, field]), value));
}

function settingClaims(about: string, value: ParameterValue): readonly Claim[] {
  const deltas = Object.entries(isTable(value) ? value : {}).filter(([key]) => /^(add|remove)$/i.test(key));
  if (deltas.length === 0) return [{ about, says: canonical(value) }];
  return deltas.flatMap(([key, members]) =>
    [members].flat().map((member) => ({
      about: `${about} ${canonical(member).toLowerCase()}`,
      says: key.toLowerCase(),
    })),
  );
}

function isTable(value: ParameterValue): value is { readonly [key: string]: ParameterValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
