/** Oldest Node the product runs on: `node:sqlite` and TypeScript sources need it. */
const OLDEST_MAJOR = 24;

/**
 * What is wrong with this version of Node, if anything.
 * @param version as in `process.versions.node`
 */
export function nodeProblem(version: string): string | undefined {
  const major = Number(version.split(".")[0]);
  if (major >= OLDEST_MAJOR) return undefined;
  return [
    `error: exosweep needs Node ${OLDEST_MAJOR} or newer, this is Node ${version}`,
    `  next: install Node ${OLDEST_MAJOR} from https://nodejs.org, or run it through npm from a clone, which brings one (npm run -s exosweep -- …)`,
  ].join("\n");
}
