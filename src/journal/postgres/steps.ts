/** How much one step does: enough to be worth the way to the server, little enough that nobody waits long for a lock or a reply. */

/** Records written in one transaction. */
export const WRITE_STEP = 2_000;

/** Records read in one go. */
export const READ_STEP = 2_000;
