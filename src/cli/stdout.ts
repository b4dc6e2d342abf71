/** Stdout for whoever writes to streams. */
import { Writable } from "node:stream";
import type { Session } from "./session.ts";

/** Stdout as a stream, with all the care of the terminal. */
export function stdoutOf({ terminal }: Session): Writable {
  return new Writable({
    async write(chunk: Buffer, _encoding, done) {
      try {
        // Parts are whole lines: no character is cut in two.
        await terminal.data(chunk.toString());
      } catch (error) {
        return done(error instanceof Error ? error : new Error(String(error)));
      }
      done();
    },
  });
}
