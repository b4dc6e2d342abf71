/** An emulator as a process of its own: options as one JSON argument, one JSON line on stdout when it is ready, ends on SIGTERM. */
import { startEmulator, type EmulatorOptions } from "./index.ts";

const options: unknown = JSON.parse(process.argv[2] ?? "{}");
const emulator = await startEmulator(options as EmulatorOptions);
for (const signal of ["SIGTERM", "SIGINT"] as const)
  process.once(signal, () => void emulator.stop().then(() => process.exit(0)));
process.stdout.write(`${JSON.stringify({ url: emulator.url, tenants: emulator.tenants })}\n`);
