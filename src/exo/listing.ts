/** Reads a listing from its first page to its last, and never takes less for all of it (`exo-protocol.md` 6). */
import { createHash } from "node:crypto";
import type { Page, Restarted } from "../job/index.ts";
import type { Tenant } from "../tenants/index.ts";
import type { Answer, Target } from "./call.ts";
import { ExoError } from "./errors.ts";
import type { FailureKind } from "./errors.ts";
import { MAX_PAGES, MAX_RESTARTS } from "./limits.ts";
import { nextPage } from "./link.ts";
import { planted } from "../test-points.ts";

export interface Listing {
  readonly cmdlet: string;
  readonly tenant: Tenant;
  /** The address whose listing it is; undefined: InvokeCommand's. */
  readonly resource: URL | undefined;
  /** A write is never sent again for the sake of a page. */
  readonly follow: boolean;
  /** Most rows wanted, when the caller said so by a numeric `ResultSize`. */
  readonly limit: number | undefined;
  ask(target: Target): Promise<Answer>;
}

/** @throws {ExoError} `incomplete` when the listing cannot be read to its end, `unsafe-link` when its next page lies elsewhere */
export async function* readListing(listing: Listing): AsyncGenerator<Page | Restarted> {
  for (let restarts = 0; ; restarts += 1) {
    try {
      yield* readOnce(listing);
      return;
    } catch (error) {
      if (!(error instanceof ExoError) || error.kind !== "cursor-expired") throw error;
      if (restarts === MAX_RESTARTS) {
        const times = `${restarts + 1} times`;
        throw failure(listing, "incomplete", `Exchange lost the place in it ${times}`, error.requestId);
      }
    }
    yield { restarted: true, reason: "Exchange lost the place in the listing" };
  }
}

async function* readOnce(listing: Listing): AsyncGenerator<Page> {
  const { cmdlet, limit = Number.POSITIVE_INFINITY } = listing;
  const seen = new Set<string>();
  let target: Target = { kind: "invoke" };
  let rows = 0;
  for (let pages = 1; ; pages += 1) {
    const answer: Answer = await listing.ask(target);
    const { next, truncated, ...page } = planted("truncated-page-is-whole")
      ? { ...answer, next: undefined, truncated: false }
      : answer;
    const { requestId } = answer;
    rows += page.rows.length;
    const wanted = rows <= limit ? page.rows : page.rows.slice(0, limit - rows);
    yield { ...page, rows: wanted };
    if (!listing.follow || rows >= limit) return;
    if (next === undefined) {
      if (truncated) {
        throw failure(listing, "incomplete", "Exchange left rows out and gave no way to the rest", requestId);
      }
      return;
    }
    const url = nextPage(next, listing.tenant, listing.resource);
    if (url === undefined) {
      throw new ExoError(
        `Cannot run ${cmdlet}: the link to the next page leads elsewhere, which is never followed`,
        {
          cmdlet,
          kind: "unsafe-link",
          remedy: "give-up",
          requestId,
        },
      );
    }
    const mark = createHash("sha256").update(url.href).digest("base64");
    if (seen.has(mark)) throw failure(listing, "incomplete", "its pages lead in a circle", requestId);
    if (pages === MAX_PAGES)
      throw failure(listing, "incomplete", `it has more than ${MAX_PAGES} pages`, requestId);
    seen.add(mark);
    target = { kind: "link", url };
  }
}

function failure(
  listing: Listing,
  kind: FailureKind,
  cause: string,
  requestId: string | undefined,
): ExoError {
  const { cmdlet } = listing;
  return new ExoError(`Cannot read all of ${cmdlet}: ${cause}`, {
    cmdlet,
    kind,
    remedy: "give-up",
    requestId,
  });
}
