/** The emulator's own record of what arrived, what was executed and what was delivered, as the judge reads it. */

/** One call. Times are epoch ms; null: did not happen. */
export interface Heard {
  readonly n: number;
  readonly arrivedAtMs: number;
  readonly executedAtMs: number | null;
  /** When the last byte of the reply had left, and the connection stood. */
  readonly deliveredAtMs: number | null;
  readonly status: number | null;
  /** Tenant of the URL, and of the token. */
  readonly tenantId: string;
  readonly tokenTenantId: string;
  readonly cmdlet: string;
  /** ExchangeGuid of the mailbox. */
  readonly subject: string | null;
  readonly connectionId: string | null;
  /** Number of the request it came in. */
  readonly request: number;
  /** Calls in the request; 0: it came by itself. */
  readonly batch: number;
  /** Of a write only; `parameters` is a JSON text without `Identity`, names in order. */
  readonly write?: {
    readonly identity: string;
    readonly parameters: string;
    /** It made something true that was not; null: it was not executed. */
    readonly changed?: boolean | null;
  };
}

/** @param text one JSON object a line */
export function readLedger(text: string): readonly Heard[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Heard);
}

/** Names a write whoever speaks of it: the ledger, a plan or the journal. */
export function writeKey(subject: string, cmdlet: string, parameters: unknown): string {
  return `${subject.toLowerCase()} ${cmdlet.toLowerCase()} ${JSON.stringify(ordered(parameters))}`;
}

export function keyOfHeard(heard: Heard): string {
  const { write } = heard;
  if (write === undefined) throw new Error(`Cannot name call ${heard.n}: it is no write`);
  return writeKey(heard.subject ?? write.identity, heard.cmdlet, JSON.parse(write.parameters));
}

/** Says on what, not what; `Mailbox` is how cmdlets of inbox rules name it. */
const ADDRESS = new Set(["identity", "mailbox", "confirm", "whatif"]);

/** Members in the order of their names, at every depth; annotations of the wire, and the address, left out. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !name.includes("@odata.") && !ADDRESS.has(name.toLowerCase()))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, ordered(member)]),
  );
}
