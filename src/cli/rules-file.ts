/** The user's rules for what a command reports: the file that was named, else the one of the settings, held against the catalogue. */
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { parseRulesFile } from "../config.ts";
import { GRADES } from "../job/index.ts";
import { type AppliedRules, idleSuppressions, knownRules, type Rules } from "../reports/index.ts";
import { fileFault } from "./error-code.ts";
import type { Session } from "./session.ts";
import { UsageError } from "./usage.ts";
import { count } from "./words.ts";

export interface RulesOptions {
  readonly rules?: string;
}

export function withRules(command: Command): Command {
  return command.option(
    "--rules <file>",
    "your word on rules and findings, in place of the file of the settings",
  );
}

/**
 * @param named on the command line
 * @returns undefined when neither the command line nor the settings name a file
 * @throws {SettingsError} with every mistake in it; {UsageError} when it cannot be read
 */
export async function readRules(session: Session, named?: string): Promise<Rules | undefined> {
  const file = named ?? (await session.settings()).rules;
  if (file === undefined) return undefined;
  const [bytes, { catalogue }] = await Promise.all([bytesOf(file), import("../../jobs/index.ts")]);
  const today = new Date().toISOString().slice(0, "2026-11-22".length);
  return { ...parseRulesFile(bytes, file, knownRules(catalogue)), today };
}

/** Says what was suppressed, and which suppressions hide nothing. @param part of a run, where several are told of */
export function noteRules({ terminal }: Session, rules: AppliedRules, part?: string): void {
  const of = part === undefined ? "" : `${part}: `;
  terminal.note(`${of}rules: ${rules.file}; suppressed: ${gradesInWords(rules.suppressed)}`);
  for (const text of idleSuppressions(rules)) terminal.note(`${of}${text}`, "yellow");
}

/** `critical 2, high 10`. */
export function gradesInWords(counts: Readonly<Record<string, number>>): string {
  const told = GRADES.flatMap((grade) => {
    const findings = counts[grade] ?? 0;
    return findings === 0 ? [] : [`${grade} ${count(findings)}`];
  });
  return told.length > 0 ? told.join(", ") : "none";
}

async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new UsageError(
      `Cannot read the rules file "${file}": ${fileFault(error)}`,
      "name another with --rules FILE, or correct rules in the settings",
      { cause: error },
    );
  }
}
