/** A file a person has written: YAML held against a schema, with all mistakes named at once, each with its line. */
import { LineCounter, parseDocument } from "yaml";
import type { Document } from "yaml";
import type { z } from "zod";
import { mistakesOf, wording } from "./mistakes.ts";

/** A file of settings or of rules is wrong. `mistakes` names each with its line. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly mistakes: readonly string[];
  constructor(file: string, mistakes: readonly string[]) {
    super(`Cannot use "${file}":\n${mistakes.map((mistake) => `  ${mistake}`).join("\n")}`);
    this.mistakes = mistakes;
  }
}

/**
 * @param file its name, for messages
 * @throws {SettingsError} with every mistake and its line
 */
export function parseYaml<Value>(text: string, file: string, schema: z.ZodType<Value>): Value {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const broken = [...document.errors, ...document.warnings].map(
    (error) => `line ${lines.linePos(error.pos[0]).line}: ${error.message.split("; please use")[0]}`,
  );
  if (broken.length > 0) throw new SettingsError(file, broken);
  const result = schema.safeParse(plainValue(document, file), { error: wording });
  if (!result.success) throw new SettingsError(file, mistakesOf(result.error.issues, document, lines));
  return result.data;
}

/** The file as plain values. An empty file is a file without settings. */
function plainValue(document: Document, file: string): unknown {
  try {
    return document.toJS() ?? {};
  } catch (error) {
    // An alias without its anchor, or so many of them that they would fill the memory.
    throw new SettingsError(file, [`line 1: ${error instanceof Error ? error.message : "unreadable"}`]);
  }
}
