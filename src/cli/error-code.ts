/** Codes of what can be the matter with a file that somebody named. */
const FAULTS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EISDIR: "it is a folder",
  EACCES: "you may not read it",
  EPERM: "you may not read it",
};

/** Why a file could not be read, in words. */
export function fileFault(error: unknown): string {
  const code = errorCode(error);
  return code === undefined ? "unreadable" : (FAULTS[code] ?? code);
}

/** `ENOSPC` and the like, of errors that have one. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
