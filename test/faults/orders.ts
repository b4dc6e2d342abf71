/** What the switchboard of a process is told, as environment variables. */
import type { CrashPoint, PlantedBug } from "../../src/test-points.ts";

/** A named point, and at which of its passings; from 1. */
export interface Passing {
  readonly point: CrashPoint;
  readonly nth: number;
}

export interface DiskTrouble {
  /** https://www.sqlite.org/rescode.html: 8 the disk can only be read, 10 it reports an error. */
  readonly code: 8 | 10;
  readonly from: number;
  readonly times: number;
  /** Whether the commit is on disk all the same: a sync that failed says nothing of that. */
  readonly written: boolean;
}

export interface Orders {
  readonly dieAt?: Passing;
  /** Stands still there (SIGSTOP) until somebody sends SIGCONT. */
  readonly stopAt?: Passing;
  readonly bugs?: readonly PlantedBug[];
  /** These commits of each thread fail, by number from 1, with a result code of SQLite. */
  readonly disk?: DiskTrouble;
  /** File that `PID reached|died|stopped POINT` is appended to. */
  readonly notes?: string;
  /** Reading a reply of permissions that holds this text kills the process, as a flaw of its parser would. */
  readonly poison?: string;
  /** On SIGUSR2 the event loop of the main thread stands still for so long. */
  readonly blockMs?: number;
  /** On SIGUSR2 the wall clock of every thread jumps by this; on the next one back. */
  readonly clockMs?: number;
}

const NAME = {
  dieAt: "EXOSWEEP_FAULTS_DIE_AT",
  stopAt: "EXOSWEEP_FAULTS_STOP_AT",
  bugs: "EXOSWEEP_FAULTS_BUGS",
  poison: "EXOSWEEP_FAULTS_POISON",
  disk: "EXOSWEEP_FAULTS_DISK",
  notes: "EXOSWEEP_FAULTS_NOTES",
  blockMs: "EXOSWEEP_FAULTS_BLOCK_MS",
  clockMs: "EXOSWEEP_FAULTS_CLOCK_MS",
} as const;

export function toEnvironment(orders: Orders): Record<string, string> {
  const { dieAt, stopAt, bugs, poison, disk, notes, blockMs, clockMs } = orders;
  const given = {
    [NAME.dieAt]: dieAt && `${dieAt.point}:${dieAt.nth}`,
    [NAME.stopAt]: stopAt && `${stopAt.point}:${stopAt.nth}`,
    [NAME.bugs]: bugs?.join(","),
    [NAME.poison]: poison,
    [NAME.disk]: disk && JSON.stringify(disk),
    [NAME.notes]: notes,
    [NAME.blockMs]: blockMs?.toString(),
    [NAME.clockMs]: clockMs?.toString(),
  };
  return Object.fromEntries(
    Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

export function readOrders(environment: NodeJS.ProcessEnv) {
  const passing = (text: string | undefined) => {
    const [point = "", nth = ""] = text?.split(":") ?? [];
    return text === undefined ? undefined : { point, nth: Number(nth) };
  };
  return {
    dieAt: passing(environment[NAME.dieAt]),
    stopAt: passing(environment[NAME.stopAt]),
    bugs: new Set<string>((environment[NAME.bugs] ?? "").split(",").filter(Boolean)),
    poison: environment[NAME.poison],
    disk:
      environment[NAME.disk] === undefined
        ? undefined
        : (JSON.parse(environment[NAME.disk] ?? "") as DiskTrouble),
    notes: environment[NAME.notes],
    blockMs: Number(environment[NAME.blockMs] ?? 0),
    clockMs: Number(environment[NAME.clockMs] ?? 0),
  };
}
