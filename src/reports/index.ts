/**
 * reports: what people see of a run: its summary, what changed since another run, who has access, its rows in a file of many formats with a
 * manifest beside it, and the bundle that proves it. Reads the journal and judges rows with the job's own rules; never talks to Exchange,
 * changes nothing in the journal but the index of who has access, and leaves no half file under a final name.
 */
export { beside } from "./access/beside.ts";
export type { LiveLook } from "./access/beside.ts";
export type { Answer, AnswerFrame, FoundAccess } from "./access/answer.ts";
export type { AsOf, LookUp } from "./access/look-up.ts";
export { indexAccess } from "./access/make-index.ts";
export { NameError } from "./access/names.ts";
export { PAGE, whole } from "./access/telling.ts";
export type { Telling } from "./access/telling.ts";
export { tellWhatCanAccess, whatCanAccess } from "./access/what.ts";
export { tellWhoCanAccess, whoCanAccess } from "./access/who.ts";
export { completenessOf } from "./completeness.ts";
export type { Completeness } from "./completeness.ts";
export { csvLine, DELIMITERS, rearm } from "./csv.ts";
export type { Delimiter } from "./csv.ts";
export { comparable } from "./delta/comparable.ts";
export type { Comparable } from "./delta/comparable.ts";
export { compareRuns } from "./delta/compare.ts";
export type { ChangedTarget, Delta, DeltaCounts, KeyedFindingChange } from "./delta/delta.ts";
export { openFindings } from "./delta/findings.ts";
export { memberChanges, tellsOfMembers } from "./delta/members.ts";
export { renderChanges, renderDeltaHead, renderMembers } from "./delta/render.ts";
export { deltaHeader, exportDelta } from "./delta/write.ts";
export { ReportError } from "./errors.ts";
export { exportBundle } from "./export-bundle.ts";
export { exportFileName, exportRun } from "./export-run.ts";
export type { Exported, ExportRequest } from "./export-run.ts";
export { EXPORT_FORMATS, isBinary, TABLE_FORMATS } from "./formats.ts";
export type { ExportFormat, TableFormat } from "./formats.ts";
export { GroupBook, GroupPages } from "./groups/book.ts";
export { canFill, HEADERS } from "./headers.ts";
export type { Headers } from "./headers.ts";
export { importedFrom } from "./imported.ts";
export { limitOf } from "./limit.ts";
export type { Limit } from "./limit.ts";
export { appliedRules, expiredSuppressions, idleSuppressions } from "./rules/applied.ts";
export type { AppliedRules } from "./rules/applied.ts";
export { knownRules } from "./rules/known.ts";
export { judgedRows } from "./judged-rows.ts";
export type { Rules, Suppression } from "./rules/rules.ts";
export { Ruling } from "./rules/ruling.ts";
export type { RuledFinding, SeenRow } from "./rules/ruling.ts";
export { isPart, keptSummary, splitId, wholeId } from "./parts/part.ts";
export { PartedJournal } from "./parts/parted-journal.ts";
export { plain } from "./plain.ts";
export { renderSummary } from "./render-summary.ts";
export { countMailboxes, hasFindings, summarise, summariseUnjudged } from "./summary.ts";
export type { Summary } from "./summary.ts";
