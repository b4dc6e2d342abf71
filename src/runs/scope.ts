/** Which mailboxes a run is about, as the user said it: enough to enumerate again after a crash. */
import { z } from "zod";
import { changeSchema } from "../changes/index.ts";
import { isGrantorType, TARGET_TYPES, type TargetType } from "../job/index.ts";
import type { RunRecord } from "../journal/index.ts";
import { importedFrom } from "../reports/index.ts";

/** Types of mailbox a run is about when nothing else is said. */
export const DEFAULT_TYPES = ["user", "shared", "room", "equipment"] as const;

/** Most changes of one plan: it is kept in the run's record, which is read as a whole. */
export const MOST_CHANGES = 20_000;

export const scopeSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("all"), types: z.array(z.enum(TARGET_TYPES)).min(1) }),
  /** Identities from a file: addresses, user principal names or object ids. */
  z.strictObject({ kind: z.literal("list"), identities: z.array(z.string().min(1)).min(1) }),
  z.strictObject({
    kind: z.literal("filter"),
    opath: z.string().min(1),
    types: z.array(z.enum(TARGET_TYPES)).min(1),
  }),
  /** The first `count` mailboxes by ExchangeGuid: the same ones every time. */
  z.strictObject({
    kind: z.literal("sample"),
    count: z.int().min(1),
    types: z.array(z.enum(TARGET_TYPES)).min(1),
  }),
  /** The writes of a plan, each for one mailbox; `identity` as in a list. */
  z.strictObject({
    kind: z.literal("changes"),
    changes: z
      .array(z.strictObject({ identity: z.string().min(1), ...changeSchema.shape }))
      .min(1)
      .max(MOST_CHANGES),
  }),
]);

export type Scope = z.infer<typeof scopeSchema>;

/** A scope in a few words, for people. */
export function describeScope(scope: Scope): string {
  switch (scope.kind) {
    case "all":
      return `all ${typesInWords(scope.types)}`;
    case "list":
      return `${scope.identities.length} mailboxes from a list`;
    case "filter":
      return `${typesInWords(scope.types)} where ${scope.opath}`;
    case "changes":
      return `${scope.changes.length} planned changes`;
    case "sample":
      return `a sample of ${scope.count} ${typesInWords(scope.types)}`;
  }
}

/** `user, shared mailboxes and distribution-list, soft-deleted`. */
function typesInWords(types: readonly TargetType[]): string {
  const mailboxes = types.filter((type) => !isGrantorType(type));
  const others = types.filter(isGrantorType);
  return [
    ...(mailboxes.length === 0 ? [] : [`${mailboxes.join(", ")} mailboxes`]),
    ...(others.length === 0 ? [] : [others.join(", ")]),
  ].join(" and ");
}

/** True for a run that was made of a file: it has read no tenant, and nothing of it can be asked again. */
export function isImported(run: Pick<RunRecord, "scope">): boolean {
  return importedFrom(run) !== undefined;
}
