/** An answer about access: the record for programs, rows and lines for people. */
import type { Answer, AnswerFrame, FoundAccess, LiveLook } from "../../reports/index.ts";
import { count, duration, several } from "../words.ts";

/** What goes before the accesses of a record. Fields are only ever added; `schemaVersion` changes when one changes its meaning. */
export function headView({ question, asked, tenant, subject }: AnswerFrame) {
  return { schemaVersion: 1, question, asked, tenant, subject };
}

/** What goes behind them: it is known when the last of them is. */
export function tailView(
  { total, hidden, complete, notes, runs }: AnswerFrame,
  live: LiveLook | undefined,
  nowMs: number,
) {
  return {
    total,
    hidden,
    complete,
    notes,
    runs: runs.map((run) => ({ ...run, ageSeconds: ageSeconds(run.at, nowMs) })),
    ...(live === undefined
      ? {}
      : {
          live: {
            readAt: new Date(nowMs).toISOString(),
            added: live.added,
            unread: live.unread,
            groups: live.groups,
          },
        }),
  };
}

export function accessViews(
  accesses: readonly FoundAccess[],
  live: LiveLook | undefined,
  nowMs: number,
): readonly Readonly<Record<string, unknown>>[] {
  return accesses.map((access, place) => ({
    ...access,
    ageSeconds: ageSeconds(oldest(access), nowMs),
    ...(live === undefined ? {} : { live: live.words[place] ?? "unread" }),
  }));
}

type Row = Readonly<Record<string, unknown>>;

/** One row an access. */
export function accessRows(
  question: AnswerFrame["question"],
  accesses: readonly FoundAccess[],
  live: LiveLook | undefined,
  nowMs: number,
): readonly Row[] {
  return accesses.map((access, place) => ({
    ...(question === "who-can-access" ? holderCells(access) : mailboxCells(access)),
    ...rightCells(access),
    Since: `${access.since.atLeast ? "at least since " : ""}${minute(access.since.at)} (${access.since.run})`,
    Age: ageOf(oldest(access), nowMs),
    GroupsAge: access.source.group === undefined ? "" : ageOf(access.source.readAt ?? "", nowMs),
    Run: access.run,
    Status: access.status === "unknown" ? `unknown: not read in ${access.unreadIn ?? ""}` : "",
    Noise: access.noise ?? "",
    ...(live === undefined ? {} : { Live: live.words[place] ?? "unread" }),
  }));
}

/** What a live look adds. */
export function addedRows(answer: Answer, live: LiveLook | undefined): readonly Row[] {
  return (live?.added ?? []).map((access) => ({
    ...(answer.question === "who-can-access"
      ? holderCells(access)
      : mailboxCells({ ...access, mailbox: mailboxOf(answer, access.mailboxId) })),
    ...rightCells(access),
    Since: "",
    Age: "0 s",
    GroupsAge: access.source.group === undefined ? "" : "0 s",
    Run: "",
    Status: "",
    Noise: access.noise ?? "",
    Live: "new",
  }));
}

/** Columns of a table: those that say nothing about any row are left out. */
export function columnsOf(rows: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  const [first] = rows;
  return Object.keys(first ?? {}).filter((name) => rows.some((row) => row[name] !== ""));
}

/** What goes before the rows. */
export function answerLines(answer: AnswerFrame, nowMs: number): readonly string[] {
  const { subject, runs, notes } = answer;
  const name = subject.displayName || subject.userPrincipalName || answer.asked;
  const address = subject.primarySmtp === "" ? "" : ` <${subject.primarySmtp}>`;
  return [
    `${answer.question.replaceAll("-", " ")}: ${name}${address}, tenant ${answer.tenant}`,
    ...notes.map((note) => `! ${note}`),
    ...runs.map(
      (run) =>
        `run ${run.run} (${run.job}) of ${minute(run.at)}, ${ageOf(run.at, nowMs)} ago: ${run.complete ? "complete" : "not complete"}${aboutWords(run)}`,
    ),
  ];
}

/** What it says of one mailbox, or what somebody may hold rights on that it does not look at. */
function aboutWords({ mailbox, leftOut }: AnswerFrame["runs"][number]): string {
  if (mailbox !== null) return `, this mailbox: ${mailbox}`;
  return leftOut.length === 0 ? "" : `, not about ${leftOut.join(", ")}`;
}

/** What goes behind them. @param shown how many accesses were */
export function closingLine(answer: AnswerFrame, shown: number, live: LiveLook | undefined): string {
  const { total } = answer;
  const accesses =
    shown === total
      ? several(total, "access", "accesses")
      : `the first ${count(shown)} of ${count(total)} accesses (--all shows them all)`;
  const hidden =
    answer.hidden === 0 ? "" : `, ${count(answer.hidden)} hidden by noise rules (--include-noise)`;
  const looked =
    live === undefined
      ? ""
      : `; now: ${count(live.words.filter((word) => word === "gone").length)} gone, ${count(live.added.length)} new, ${count(live.unread.length)} mailboxes not read, ${count(live.groups.read)} groups read${live.groups.unread.length === 0 ? "" : ` and ${count(live.groups.unread.length)} not, or not whole`}`;
  return `${accesses}${hidden}${looked}`;
}

type Cells = Readonly<Record<string, string>>;

function holderCells({ holder }: Pick<FoundAccess, "holder">): Cells {
  return { Holder: holder.displayName, Address: holder.address, Type: holder.type };
}

function mailboxCells({ mailbox, holder }: Pick<FoundAccess, "mailbox" | "holder">): Cells {
  return { Mailbox: mailbox.displayName, Address: mailbox.address, As: holder.type };
}

function rightCells({
  right,
  allow,
  inherited,
  source,
  overruled,
}: Pick<FoundAccess, "right" | "allow" | "inherited" | "source"> & {
  readonly overruled?: boolean;
}): Cells {
  return {
    Right: right,
    Allow: allow ? (overruled ? "overruled" : "allow") : "deny",
    Inherited: inherited ? "inherited" : "",
    Source: [source.kind, ...source.path].join(" > "),
  };
}

/** What comes by groups is as old as the older of both: the right, and who is in them. */
function oldest({ readAt, source }: Pick<FoundAccess, "readAt" | "source">): string {
  return source.group !== undefined && (source.readAt ?? "") < readAt ? (source.readAt ?? "") : readAt;
}

function mailboxOf({ accesses }: Answer, mailboxId: string): FoundAccess["mailbox"] {
  const known = accesses.find(({ mailbox }) => mailbox.id === mailboxId)?.mailbox;
  return known ?? { id: mailboxId, objectId: "", address: "", displayName: mailboxId, type: "" };
}

/** `2026-11-22 03:10`, UTC. */
function minute(at: string): string {
  return at.slice(0, 16).replace("T", " ");
}

function ageSeconds(at: string, nowMs: number): number | null {
  const atMs = Date.parse(at);
  return Number.isNaN(atMs) ? null : Math.max(0, Math.round((nowMs - atMs) / 1_000));
}

function ageOf(at: string, nowMs: number): string {
  const seconds = ageSeconds(at, nowMs);
  return seconds === null ? "unknown" : duration(seconds);
}
