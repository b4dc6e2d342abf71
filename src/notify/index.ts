/**
 * notify: tells people what a night brought. After a scheduled run it is found out what came and went since people were told last, and each sink
 * that wants to hear of it gets a message: written to the journal first, under an id that the same thing always has, then sent until it is
 * taken, refused, or too old. Promises that a sink that hangs holds up neither a run nor another sink, that no secret is in the journal, a log
 * or an answer, and that a message carries no more of a tenant than its sink may have. The only home of nodemailer.
 */
export { createNotifier } from "./notifier.ts";
export type { Notifier, TestAnswer } from "./notifier.ts";
