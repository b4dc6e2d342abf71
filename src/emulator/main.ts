/** An emulator as a process of its own: options as one JSON argument, one line of JSON on stdout when it is ready, ends on SIGTERM. */
import { OPTION_NAMES, startEmulator, type EmulatorOptions } from "./index.ts";

/** @throws {Error} for what is not a JSON object of known options */
function readOptions(text: string): EmulatorOptions {
  const options: unknown = JSON.parse(text);
  if (typeof options !== "object" || options === null) throw new Error("the options are not a JSON object");
  const unknown = Object.keys(options).find((name) => !OPTION_NAMES.has(name));
  if (unknown !== undefined) throw new Error(`unknown option "${unknown}"`);
  return options;
}

try {
  const emulator = await startEmulator(readOptions(process.argv[2] ?? "{}"));
  const stop = (): void => void emulator.stop().then(() => process.exit(0));
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, stop);
  process.stdout.write(`${JSON.stringify({ url: emulator.url, tenants: emulator.tenants })}\n`);
} catch (error) {
  process.stderr.write(
    `Cannot start the emulator: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 2;
}
