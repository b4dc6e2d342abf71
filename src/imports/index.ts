/**
 * imports: files that other tools have written, as runs. Promises that what cannot be read is named by its line, that a file is a run as a
 * whole or not at all, and that what a file does not tell stays unknown. Never asks the tenant anything.
 */
export { ImportError } from "./errors.ts";
export { importFile } from "./import-file.ts";
export type { ImportReport } from "./import-file.ts";
export { ENCODINGS } from "./text.ts";
export type { Encoding } from "./text.ts";
export { RIGHTS } from "./tools/tool.ts";
export type { Rights } from "./tools/tool.ts";
