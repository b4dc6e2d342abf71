/** Asks before something that cannot be taken back. Without a person at the terminal, or with their word given before, nobody is asked. */
import { createInterface } from "node:readline/promises";
import type { Session } from "./session.ts";
import { UsageError } from "./usage.ts";

/**
 * @param word what has to be typed: something only a person who read what is at stake would type
 * @param otherwise how to give the word without being asked
 * @throws {UsageError} when nobody can be asked
 */
export async function confirm(session: Session, word: string, otherwise: string): Promise<boolean> {
  if (!process.stdin.isTTY || !session.terminal.interactive)
    throw new UsageError("Cannot ask for your word: this is no terminal", otherwise);
  const dialogue = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await dialogue.question(`type ${word} to go on: `, { signal: session.signals.soft });
    return answer.trim() === word;
  } finally {
    dialogue.close();
  }
}
