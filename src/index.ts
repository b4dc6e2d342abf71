/** What a job author outside this repository may import. Everything else is ours to change. */
export { defineJob, UnusableReply } from "./job.ts";
export type {
  BulkContext,
  BulkRead,
  CmdletReply,
  Cmdlets,
  Comparison,
  ExoRow,
  ExoValue,
  FoundRow,
  Job,
  Judge,
  Mailbox,
  Parameters,
  Principal,
  Row,
  TaskContext,
} from "./job.ts";
export { parseFlag, parseSize, splitList } from "./values.ts";
