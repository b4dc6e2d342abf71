/**
 * Whom a file means. Files have addresses and names, runs have immutable ids: a run that has read the tenant tells which address is whose.
 * Who cannot be found there is known by the address alone, and never by a guess.
 */
import { addressId, type Count, type Directory, type Mailbox, type Principal } from "../job/index.ts";
import { isComplete, type Journal, type RunRecord } from "../journal/index.ts";
import { importedFrom } from "../reports/index.ts";
import { RunDirectory } from "../runs/index.ts";
import type { ToldMailbox } from "./tools/tool.ts";

/** Mailboxes found lately: a file's lines about one usually stand together. */
const CACHE_SIZE = 1_000;
/** Runs with at most so many targets may have no index of names: their targets are looked through. */
const FEW = 2_000;
const SOFT_DELETED = "soft-deleted ";

/** What a file names a mailbox by: the same for all lines about it. */
export function mailboxKey({ id, address, softDeleted }: ToldMailbox): string {
  return id || `${softDeleted ? SOFT_DELETED : ""}${address.toLowerCase()}`;
}

/** The newest complete run that was about the whole tenant. */
export async function runWithNames(
  journal: Pick<Journal, "runs">,
  tenant: string,
): Promise<RunRecord | undefined> {
  return (await journal.runs({ tenant })).find(
    (run) => isComplete(run.state) && importedFrom(run) === undefined && isOfAll(run) && run.rows > 0,
  );
}

function isOfAll({ scope, manifest }: RunRecord): boolean {
  const isAll = scope !== null && typeof scope === "object" && "kind" in scope && scope["kind"] === "all";
  return isAll && (manifest?.count ?? 0) > 0;
}

/** The principals a run knows; of a small one also the owners of its mailboxes. */
export class RunNames implements Directory {
  readonly #journal: Pick<Journal, "lookUp" | "putIndex" | "targets">;
  readonly #run: RunRecord;
  readonly #directory: RunDirectory;
  #owners: Promise<ReadonlyMap<string, readonly Principal[]>> | undefined;

  constructor(journal: Pick<Journal, "lookUp" | "putIndex" | "targets">, run: RunRecord) {
    this.#journal = journal;
    this.#run = run;
    this.#directory = new RunDirectory(run.id, journal, undefined);
  }

  async find(key: string): Promise<readonly Principal[]> {
    const found = await this.#directory.find(key);
    if (found.length > 0 || (this.#run.manifest?.count ?? 0) > FEW) return found;
    this.#owners ??= this.#readOwners();
    return (await this.#owners).get(key.trim().toLowerCase()) ?? [];
  }

  async #readOwners(): Promise<ReadonlyMap<string, readonly Principal[]>> {
    const owners = new Map<string, Principal[]>();
    for await (const targets of this.#journal.targets(this.#run.id))
      for (const { kind, id, objectId, data } of targets) {
        if (kind !== "mailbox") continue;
        const text = (name: string): string => {
          const value: unknown =
            data !== null && typeof data === "object" ? Reflect.get(data, name) : undefined;
          return typeof value === "string" ? value : "";
        };
        const type = text("type");
        const principal: Principal = {
          id: objectId || id,
          sid: "",
          type: type === "shared" || type === "room" || type === "equipment" ? type : "user",
          displayName: text("displayName"),
          name: text("name"),
          userPrincipalName: text("userPrincipalName"),
          primarySmtp: text("primarySmtp"),
          guest: false,
          disabled: false,
          softDeleted: false,
          mailboxId: id,
        };
        const keys = [id, objectId, principal.primarySmtp, principal.userPrincipalName, text("displayName")];
        for (const key of new Set(keys.map((each) => each.trim().toLowerCase())))
          if (key !== "") owners.set(key, [...(owners.get(key) ?? []), principal]);
      }
    return owners;
  }
}

/** Finds the mailboxes of a file in a run's names. */
export class MailboxFinder {
  readonly #directory: Directory | undefined;
  readonly #count: Count;
  readonly #cache = new Map<string, Promise<Mailbox>>();

  constructor(directory: Directory | undefined, count: Count) {
    this.#directory = directory;
    this.#count = count;
  }

  find(told: ToldMailbox): Promise<Mailbox> {
    const key = mailboxKey(told);
    const known = this.#cache.get(key);
    if (known !== undefined) return known;
    const found = this.#find(told);
    this.#cache.set(key, found);
    const oldest = this.#cache.keys().next();
    if (this.#cache.size > CACHE_SIZE && !oldest.done) this.#cache.delete(oldest.value);
    return found;
  }

  async #find(told: ToldMailbox): Promise<Mailbox> {
    const principal = await this.#ownerOf(told);
    const { address, softDeleted, type } = told;
    const byAddress = `${softDeleted ? SOFT_DELETED : ""}${addressId(address)}`;
    const id = told.id || principal?.mailboxId || byAddress;
    const ownType = principal?.type;
    const known =
      ownType === "user" || ownType === "shared" || ownType === "room" || ownType === "equipment"
        ? ownType
        : "other";
    return {
      id,
      objectId: principal === undefined || principal.id === id ? "" : principal.id,
      type: type === "other" ? known : type,
      primarySmtp: address,
      displayName: told.displayName || (principal?.displayName ?? ""),
      userPrincipalName: principal?.userPrincipalName ?? "",
      name: principal?.name ?? "",
      alias: "",
      identity: "",
      distinguishedName: "",
      guid: "",
    };
  }

  async #ownerOf({ id, address, softDeleted }: ToldMailbox): Promise<Principal | undefined> {
    if (this.#directory === undefined) return undefined;
    const found = await this.#directory.find(id || address);
    const owners = found.filter((owner) => owner.mailboxId !== "" && owner.softDeleted === softDeleted);
    if (owners.length > 1) this.#count("ambiguous-mailbox");
    return owners.length === 1 ? owners[0] : undefined;
  }
}

/** True for one that a run told the id of, or the file itself. */
export function isKnownById({ id }: Pick<Mailbox, "id">): boolean {
  return !id.includes(addressId(""));
}
