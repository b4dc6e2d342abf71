/** Cmdlets of a tenant beside what this product knows of them: what they do, how they are run, which jobs use them. */
import { EFFECTS, effectOf, plainCmdlet, RESOURCES } from "../exo/index.ts";
import type { Job } from "../job/index.ts";
import { LISTING_ROLE, LISTINGS } from "../runs/index.ts";

export interface CmdletView {
  readonly [key: string]: unknown;
  readonly schemaVersion: 1;
  readonly cmdlet: string;
  readonly allowed: boolean;
  /** Effect class: what a lost reply would mean (`docs/guides/effect-classes.md`). */
  readonly effect: string;
  /** `InvokeCommand`, or `resource` for a cmdlet of the PowerShell module. */
  readonly via: "InvokeCommand" | "resource";
  /** Shipped jobs that use it. */
  readonly jobs: readonly string[];
  /** The least role group that may run it, where the app may not. */
  readonly role: string | null;
}

/** What a job needs, and the role for it. */
interface Use {
  readonly cmdlet: string;
  readonly role: string;
  readonly jobs: readonly string[];
}

/**
 * Cmdlets by name: those offered, those of the module whose plain cmdlet is offered, and what jobs need besides.
 * @param offered by the service; the catalogue's needs are looked up in any casing
 */
export function cmdletViews(offered: readonly string[], catalogue: readonly Job[]): readonly CmdletView[] {
  const uses = usesOf(catalogue);
  const known = new Set(offered.map((name) => name.toLowerCase()));
  const ofModule = RESOURCES.map(({ cmdlet }) => cmdlet).filter((cmdlet) =>
    known.has(plainCmdlet(cmdlet).toLowerCase()),
  );
  const may = (cmdlet: string): boolean => known.has(plainCmdlet(cmdlet).toLowerCase());
  const missing = [...uses.values()].filter(({ cmdlet }) => !may(cmdlet)).map(({ cmdlet }) => cmdlet);
  return [...offered, ...ofModule, ...missing]
    .toSorted((one, other) => one.localeCompare(other, "en"))
    .map((cmdlet): CmdletView => {
      const use = uses.get(cmdlet.toLowerCase());
      return {
        schemaVersion: 1,
        cmdlet,
        allowed: may(cmdlet),
        effect: effectClass(cmdlet),
        via: plainCmdlet(cmdlet) === cmdlet ? "InvokeCommand" : "resource",
        jobs: use?.jobs ?? [],
        role: may(cmdlet) ? null : (use?.role ?? null),
      };
    });
}

/** Of a write: with the parameters its class was judged with. */
function effectClass(cmdlet: string): string {
  const entry = EFFECTS.find((one) => one.cmdlet.toLowerCase() === cmdlet.toLowerCase());
  return entry?.effect ?? effectOf(cmdlet, {});
}

/** By lower-case name. */
function usesOf(catalogue: readonly Job[]): ReadonlyMap<string, Use> {
  const uses = new Map<string, Use>();
  const add = (cmdlet: string, role: string, job: string): void => {
    const before = uses.get(cmdlet.toLowerCase());
    const jobs = [...new Set([...(before?.jobs ?? []), job])];
    uses.set(cmdlet.toLowerCase(), { cmdlet, role: before?.role ?? role, jobs });
  };
  for (const job of catalogue) {
    for (const { cmdlet, role } of job.cmdlets) add(cmdlet, role, job.name);
    for (const cmdlet of LISTINGS) add(cmdlet, LISTING_ROLE, job.name);
  }
  return uses;
}

/** `*` is any text, `?` one character; casing says nothing. Takes time in proportion to both texts at most, however hostile. */
export function matching(pattern: string, name: string): boolean {
  const wanted = pattern.toLowerCase();
  const text = name.toLowerCase();
  let at = 0;
  let place = 0;
  let star = -1;
  let from = 0;
  while (place < text.length) {
    if (wanted[at] === "*") {
      star = at;
      from = place;
      at += 1;
    } else if (at < wanted.length && (wanted[at] === "?" || wanted[at] === text[place])) {
      at += 1;
      place += 1;
    } else if (star >= 0) {
      // The last star takes one character more.
      at = star + 1;
      from += 1;
      place = from;
    } else return false;
  }
  while (wanted[at] === "*") at += 1;
  return at === wanted.length;
}
