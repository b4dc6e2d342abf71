/** What somebody computes who knows the source: the seal and the link of an outcome that was edited. */
import { nextLink } from "../../src/journal/chain.ts";
import type { Outcome } from "../../src/journal/index.ts";
import { Seal, WHOLE, markOfNames } from "../../src/journal/seal.ts";
import type { Tables } from "./tampers.ts";

/** @returns both as they are written in a statement */
export async function chainLink(
  { sql, bytes }: Tables,
  line: number,
  change: { readonly reason: string },
): Promise<{ readonly seal: string; readonly link: string }> {
  const [target] = await sql(`SELECT * FROM targets WHERE line = ${line}`);
  const rows = await sql(
    `SELECT f.* FROM found f JOIN targets t ON t.line = f.line AND t.take = f.take WHERE f.line = ${line}`,
  );
  if (target === undefined) throw new Error(`Cannot find line ${line}`);
  const mark = async (shape: unknown): Promise<string> => {
    if (shape === undefined || shape === 0) return WHOLE;
    const [found] = await sql(`SELECT names FROM shapes WHERE key = ${Number(shape)}`);
    return markOfNames(String(found?.["names"]));
  };
  const seal = new Seal();
  for (const row of rows) {
    seal.addRow(
      Number(row["n"]),
      Number(row["about"]),
      orNull(row["noise"]),
      await mark(row["shape"]),
      String(row["body"]),
    );
  }
  seal.addOutcome(
    line,
    {
      outcome: target["outcome"] as Outcome,
      reason: change.reason,
      requestId: orNull(target["request_id"]),
      fingerprint: orNull(target["fingerprint"]),
      settledAtMs: Number(target["settled_at"]),
      rows: Number(target["rows"]),
      counts: orNull(target["counts"]),
    },
    {
      kind: String(target["kind"]),
      id: String(target["id"]),
      objectId: String(target["object_id"]),
      label: String(target["label"]),
      mark: await mark(target["shape"]),
      data: String(target["data"]),
    },
  );
  const place = Number(target["place"]);
  const [before] = await sql(
    place === 1
      ? "SELECT chain_sealed AS link FROM runs"
      : `SELECT link FROM targets WHERE place = ${place - 1} UNION SELECT link FROM earlier WHERE place = ${place - 1}`,
  );
  const previous = before?.["link"];
  if (!(previous instanceof Uint8Array)) throw new Error(`Cannot find the link before place ${place}`);
  const redrive = Number(target["redrive"]);
  const link = nextLink(Buffer.from(previous).toString("hex"), place, { line, redrive, seal: seal.hex() });
  return { seal: bytes(seal.hex()), link: bytes(link) };
}

function orNull(cell: unknown): string | null {
  return typeof cell === "string" ? cell : null;
}
