/** Reads of the whole tenant. */
import type { Restarted } from "./cmdlets.ts";
import type { BulkContext } from "./contexts.ts";
import type { Mailbox } from "./mailbox.ts";
import type { FoundRow } from "./rows.ts";

/** A read of the whole tenant, in place of one call per mailbox. It is a line of the manifest: all of it arrives, or the run is not complete. */
export interface BulkRead<Params> {
  /** In the manifest and in `--plan-only`: `send-as`. */
  readonly name: string;
  readonly cmdlet: string;
  /** Also part of a small run: it reads settings of the tenant, which no mailbox tells, at the price of a call or two. */
  readonly always?: true;
  /** Made when everything else of the run has its outcome: it goes by what the run has found. */
  readonly last?: true;
  /** False for parameters that make the read pointless. */
  wanted?(params: Params): boolean;
  /** True for types of target that it asks for one by one all the same, of which its listing says too little. */
  asksFor?(type: Mailbox["type"]): boolean;
  /** Yields rows as they come. `Restarted` means: drop what was yielded so far. */
  perform(context: BulkContext<Params>): AsyncIterable<readonly FoundRow[] | Restarted>;
}
