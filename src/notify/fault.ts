/** What a fault on the way to a message is told as. Pure. */
import { JournalError } from "../journal/index.ts";

/** With what to do next, where that is known; of an unknown error only its name: its message may quote what nobody should read. */
export function faultOf(error: unknown): string {
  if (error instanceof JournalError) return `${error.message}; ${error.advice}`;
  return error instanceof Error ? error.name : typeof error;
}
