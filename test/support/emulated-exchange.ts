/** The emulator's cmdlets without the wire: what the client would hand a job if nothing ever went wrong on the way. */
import type { CmdletAnswer, Organisation, WireRow } from "../../src/emulator/cmdlet.ts";
import { ExoError, type Exchange, type SendOptions } from "../../src/exo/index.ts";
import type { ExoRow, ExoValue, Page, Parameters } from "../../src/job/index.ts";

const PAGE_ROWS = 1_000;

export interface EmulatedExchange extends Exchange {
  /** Calls by cmdlet, pages apart. */
  readonly calls: ReadonlyMap<string, number>;
}

export function emulatedExchange(organisation: Organisation): EmulatedExchange {
  const calls = new Map<string, number>();
  function* pagesOf(cmdlet: string, parameters: Parameters, options: SendOptions): Generator<Page> {
    calls.set(cmdlet, (calls.get(cmdlet) ?? 0) + 1);
    const answer = run(organisation, cmdlet, parameters);
    if (answer.kind !== "rows") throw refusal(cmdlet, answer);
    let from: string | undefined;
    do {
      const { rows, next } = answer.source.read(from, PAGE_ROWS);
      yield page(
        rows.map((row) => exoRow(row, options.select)),
        answer,
      );
      from = next;
    } while (from !== undefined);
  }
  return {
    calls,
    async invoke(cmdlet, parameters, options = {}) {
      const pages = [...pagesOf(cmdlet, parameters, options)];
      const { ResultSize: most } = parameters;
      return {
        ...page([]),
        rows: pages.flatMap(({ rows }) => rows).slice(0, typeof most === "number" ? most : undefined),
        errors: pages.flatMap(({ errors }) => errors),
        warnings: pages.flatMap(({ warnings }) => warnings),
      };
    },
    async *pages(cmdlet, parameters, options = {}) {
      yield* pagesOf(cmdlet, parameters, options);
    },
    cmdlets: async () => [...organisation.cmdlets.values()].map(({ name }) => name),
    load: { waiting: 0, inFlight: 0 },
    close: async () => undefined,
  };
}

function run(organisation: Organisation, name: string, parameters: Parameters): CmdletAnswer {
  const cmdlet = organisation.cmdlets.get(name.toLowerCase());
  if (cmdlet === undefined) throw new Error(`Cannot run ${name}: the emulator has no such cmdlet`);
  const given = Object.entries(parameters);
  return cmdlet.run({
    parameters: new Map(given.map(([name, value]) => [name.toLowerCase(), value])),
    spelling: new Map(given.map(([name]) => [name.toLowerCase(), name])),
    nowMs: 0,
    connectionId: undefined,
  });
}

function refusal(cmdlet: string, answer: CmdletAnswer): Error {
  const kind = answer.kind === "failure" ? answer.failure.kind : answer.kind;
  const missing = kind === "not-found" || kind === "argument-not-found";
  return new ExoError(`Cannot run ${cmdlet}: ${kind}`, {
    cmdlet,
    kind: missing ? "not-found" : kind === "ambiguous" ? "ambiguous-identity" : "bad-request",
    remedy: missing ? "gone" : "give-up",
  });
}

function page(rows: readonly ExoRow[], answer?: Extract<CmdletAnswer, { kind: "rows" }>): Page {
  return {
    rows,
    warnings: answer?.warnings ?? [],
    errors: answer?.errors ?? [],
    requestId: undefined,
    sentAtMs: 0,
    answeredAtMs: 0,
  };
}

function exoRow(row: WireRow, select: readonly string[] | undefined): ExoRow {
  const wanted = select && new Set(select.map((name) => name.toLowerCase()));
  return Object.fromEntries(
    row
      .filter(([name]) => wanted?.has(name.toLowerCase()) ?? true)
      .map(([name, wire]): [string, ExoValue] => [
        name,
        wire.type === "datetime" ? wire.value.toISOString() : wire.value,
      ]),
  );
}
