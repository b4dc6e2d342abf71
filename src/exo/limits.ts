/** Bounds on what a server may do to us. Safety limits, not settings: real answers stay far below them. */

/** Nesting of a reply; rows nest four deep. */
export const MAX_DEPTH = 64;
/** Values in one reply; a full page of a thousand mailboxes has about half a million. */
export const MAX_NODES = 1_500_000;
/** Pages of one listing: ten million rows. */
export const MAX_PAGES = 10_000;
/** How often one listing begins again after a lost cursor. */
export const MAX_RESTARTS = 3;
/** Hops of one request; `exo-protocol.md` 1.5. */
export const MAX_REDIRECTS = 8;
/** Length of a link to the next page. */
export const MAX_LINK_LENGTH = 8_192;
/** A `Retry-After` is believed this far. */
export const MAX_RETRY_AFTER_MS = 3_600_000;
/** Longest wait between two repeats that we choose ourselves. */
export const MAX_BACKOFF_MS = 30_000;
/** Rows of a page; the service's own maximum, `exo-protocol.md` 6.1. */
export const PAGE_ROWS = 1_000;
/** Longest wait for the word a call wants to have before it is sent. */
export const MAX_WORD_MS = 30_000;
