/** Reads a secret where the settings say it is, anew each time, so that it can be exchanged under a running process. */
import { readFile, stat } from "node:fs/promises";
import { SinkError } from "./sink.ts";

export interface SecretSource {
  readonly env?: string | undefined;
  readonly file?: string | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** @throws {SinkError} when it is not there, or when others on this machine can read its file */
export async function readSecret({ env, file }: SecretSource, environment: Environment): Promise<string> {
  const text = (env === undefined ? await inFile(file ?? "") : (environment[env] ?? "")).trim();
  if (text !== "") return text;
  throw new SinkError(
    env === undefined ? `the file "${file}" is empty` : `the environment variable ${env} is not set`,
  );
}

async function inFile(file: string): Promise<string> {
  try {
    const { mode } = await stat(file);
    if (process.platform !== "win32" && (mode & 0o077) !== 0)
      throw new SinkError(`others on this machine can read "${file}": chmod 600 it`);
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof SinkError) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    throw new SinkError(`the file "${file}" cannot be read: ${code}`, { cause: error });
  }
}
