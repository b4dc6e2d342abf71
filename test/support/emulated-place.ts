/** An emulator, and a directory with settings that reach it: what a user of `exosweep emulator` has. */
import { startEmulator, type Emulator, type EmulatorOptions } from "../../src/emulator/index.ts";
import { settingsFor } from "../../src/cli/emulator-settings.ts";
import { runHere } from "./command-line-here.ts";
import { openPlace, type Ended, type Place } from "./command-line.ts";
import { openTestRedis, testRedisUrl } from "./redis.ts";

export interface EmulatedPlace extends AsyncDisposable {
  readonly emulator: Emulator;
  readonly place: Place;
  /** Names of the tenants. */
  readonly tenants: readonly [string, ...string[]];
  /** Secrets by environment variable. */
  readonly variables: Readonly<Record<string, string>>;
  /** Runs a command in the test's own process. */
  here(words: readonly string[], environment?: Readonly<Record<string, string>>): Promise<Ended>;
  /** Writes the settings again, with these lines added. */
  configure(more: string): Promise<void>;
}

/** @param redis URL; absent: the test run's own */
export async function openEmulatedPlace(options: EmulatorOptions, redis?: string): Promise<EmulatedPlace> {
  // Workers of an earlier test would count as alive.
  if (redis === undefined) await (await openTestRedis()).close();
  const emulator = await startEmulator(options);
  const { yaml, variables } = settingsFor(new URL(emulator.url), emulator.tenants);
  const place = await openPlace(variables);
  const configure = async (more: string): Promise<void> => {
    await place.write("exosweep.yaml", `redis: ${redis ?? testRedisUrl()}\n${more}\n${yaml}\n`);
  };
  // Slow enough to be watched, quick enough to be waited for.
  await configure("runs: { pollMs: 100 }");
  const [first = "", ...rest] = emulator.tenants.map((tenant) => tenant.domain.split(".")[0] ?? "");
  const global = [
    "--config",
    `${place.directory}/exosweep.yaml`,
    "--data",
    `${place.directory}/exosweep-data`,
  ];
  return {
    emulator,
    place,
    tenants: [first, ...rest],
    variables,
    configure,
    here: (words, environment) => runHere([...words, ...global], { ...variables, ...environment }),
    async [Symbol.asyncDispose]() {
      await place[Symbol.asyncDispose]();
      await emulator.stop();
    },
  };
}

/** The id of a run, from what was said when it started. */
export function runIdIn(stderr: string): string {
  return /^run (\w+): /m.exec(stderr)?.[1] ?? "";
}
