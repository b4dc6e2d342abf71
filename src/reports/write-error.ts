/** What a system error of writing means, and what to do next. */
import { ReportError } from "./errors.ts";

const REASONS: Readonly<Record<string, readonly [fact: string, advice: string]>> = {
  ENOSPC: [
    "the disk is full",
    "Free space or choose another place with --out, and export again: the run is kept",
  ],
  EDQUOT: [
    "the disk quota is used up",
    "Free space or choose another place with --out, and export again: the run is kept",
  ],
  EFBIG: [
    "the file is larger than the system allows",
    "Raise the limit, or choose another place with --out, and export again: the run is kept",
  ],
  EACCES: ["permission denied", "Choose a folder you may write to with --out"],
  EPERM: ["permission denied", "Choose a folder you may write to with --out"],
  EROFS: ["the file system is read-only", "Choose a folder you may write to with --out"],
  ENOENT: ["there is no such folder", "Create the folder, or choose another with --out"],
  ENOTDIR: ["a part of the path is not a folder", "Choose another path with --out"],
  EISDIR: ["it is a folder", "Name a file with --out"],
  EBUSY: ["it is a folder, or somebody else has it open", "Name another file with --out"],
  EPIPE: ["the reader has closed the pipe", "Export to a file with --out"],
};

/** A system error in words; anything else as it is. @param what `"report.csv"` in quotes, or `the output` */
export function writeError(what: string, error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (typeof code !== "string") return error;
  const [fact, advice] = REASONS[code] ?? [code, "Choose another place with --out"];
  return new ReportError(`Cannot write ${what}: ${fact}`, advice, { cause: error });
}
