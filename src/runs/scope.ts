/** Which mailboxes a run is about, as the user said it: enough to enumerate again after a crash. */
import { z } from "zod";
import { MAILBOX_TYPES } from "../job.ts";

/** Types of mailbox a run is about when nothing else is said. */
export const DEFAULT_TYPES = ["user", "shared", "room", "equipment"] as const;

export const scopeSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("all"), types: z.array(z.enum(MAILBOX_TYPES)).min(1) }),
  /** Identities from a file: addresses, user principal names or object ids. */
  z.strictObject({ kind: z.literal("list"), identities: z.array(z.string().min(1)).min(1) }),
  z.strictObject({
    kind: z.literal("filter"),
    opath: z.string().min(1),
    types: z.array(z.enum(MAILBOX_TYPES)).min(1),
  }),
  /** The first `count` mailboxes by ExchangeGuid: the same ones every time. */
  z.strictObject({
    kind: z.literal("sample"),
    count: z.int().min(1),
    types: z.array(z.enum(MAILBOX_TYPES)).min(1),
  }),
]);

export type Scope = z.infer<typeof scopeSchema>;

/** A scope in a few words, for people. */
export function describeScope(scope: Scope): string {
  switch (scope.kind) {
    case "all":
      return `all ${scope.types.join(", ")} mailboxes`;
    case "list":
      return `${scope.identities.length} mailboxes from a list`;
    case "filter":
      return `${scope.types.join(", ")} mailboxes where ${scope.opath}`;
    case "sample":
      return `a sample of ${scope.count} ${scope.types.join(", ")} mailboxes`;
  }
}
