/** Looks at what a planned write is about, by the reads of its recipe, and by the connection it goes by itself. */
import type { Exchange, SendOptions } from "../exo/index.ts";
import type { CmdletReply, ExoRow, ExoValue, Mailbox, Parameters } from "../job/index.ts";
import { isGone } from "../job/index.ts";
import { type Look, type Recipe, saysNoEntry } from "./recipe.ts";

export interface Looker {
  readonly exo: Pick<Exchange, "invoke">;
  /** Reads about the mailbox, whose answers are known to be about it. */
  read(cmdlet: string, parameters: Parameters, options: SendOptions): Promise<CmdletReply>;
}

/** What is there. @throws what says that the mailbox is gone; {UnusableReply} when the answers do not tell */
export async function look(
  looker: Looker,
  recipe: Recipe,
  mailbox: Mailbox,
  options: SendOptions,
): Promise<ExoValue> {
  let gone: unknown;
  const replies = await Promise.all(
    recipe.looks.map(async (each): Promise<readonly ExoRow[] | "gone"> => {
      try {
        return (await ask(looker, each, mailbox, options)).rows;
      } catch (error) {
        if (!isGone(error) && !saysNoEntry(error)) throw error;
        gone ??= error;
        return "gone";
      }
    }),
  );
  try {
    return recipe.see(replies);
  } catch (error) {
    // Without the object itself nothing can be seen: that is what is to be told.
    throw gone ?? error;
  }
}

function ask(
  looker: Looker,
  { cmdlet, parameters, select, complete }: Look,
  mailbox: Mailbox,
  options: SendOptions,
): Promise<CmdletReply> {
  const selecting = { ...options, ...(select === undefined ? {} : { select }) };
  // A look at the mailbox itself: its answer must be about it.
  if (complete !== true && !("Identity" in parameters)) return looker.read(cmdlet, parameters, selecting);
  const anchor = { kind: "mailbox", guid: mailbox.id } as const;
  return looker.exo.invoke(cmdlet, parameters, { ...selecting, anchor });
}
