/** A stream that keeps what is written to it. */
import type { Sink } from "../../src/cli/terminal.ts";

export class Paper implements Sink {
  readonly isTTY: boolean;
  readonly columns: number;
  text = "";
  /** What writing fails with, when it does. */
  error: Error | undefined;

  constructor(isTTY = false, columns = 100) {
    this.isTTY = isTTY;
    this.columns = columns;
  }

  write(text: string, done?: (error?: Error | null) => void): boolean {
    if (this.error === undefined) this.text += text;
    done?.(this.error);
    return true;
  }

  on(): void {}
}
