/** What a job author outside this repository may import. Everything else is ours to change. */
export { defineJob, UnusableReply } from "./job/index.ts";
export type {
  BulkContext,
  BulkRead,
  CmdletReply,
  Cmdlets,
  Comparison,
  ExoRow,
  ExoValue,
  Finding,
  FoundRow,
  Grade,
  Job,
  Judge,
  JudgedRow,
  Mailbox,
  Parameters,
  Principal,
  Row,
  RuleFacts,
  TaskContext,
} from "./job/index.ts";
export { parseFlag, parseSize, splitList } from "./values.ts";
