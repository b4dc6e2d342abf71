/** Gives a cmdlet its common manners: refusals become failures, and the one mailbox it is about is known beforehand. */
import type { Cmdlet, CmdletAnswer, CmdletRequest, RowSource } from "../cmdlet.ts";
import type { Model } from "../organisation/model.ts";
import { folderOf } from "./folder-identity.ts";
import { rowsOf } from "./listing.ts";
import { Refusal, textOf } from "./parameters.ts";

export interface Definition {
  readonly name: string;
  readonly roles: Cmdlet["roles"];
  readonly writes?: boolean;
  readonly parameters: readonly string[];
  /** Parameters that may name the mailbox, in the order they are looked at; `Identity` alone when absent. */
  readonly about?: readonly string[];
  /** Says which object the call is about, where that takes more than an identity. */
  readonly subject?: (model: Model, request: CmdletRequest) => string | undefined;
  /** @throws {Refusal} to end with a failure */
  run(model: Model, request: CmdletRequest): CmdletAnswer;
}

/** Everybody who may read at all. */
export const READERS: Cmdlet["roles"] = ["view-only", "recipient-management", "organization-management"];
/** Who may write; and `Get-RecipientPermission` is not for view-only roles either (exo-protocol.md 2.2). */
export const MANAGERS: Cmdlet["roles"] = ["recipient-management", "organization-management"];

export function defineCmdlet(model: Model, definition: Definition): Cmdlet {
  const { name, roles, writes = false, parameters, about = ["Identity"] } = definition;
  return {
    name,
    roles,
    writes,
    parameters,
    subject(request) {
      if (definition.subject) return definition.subject(model, request);
      const identity = about.map((parameter) => textOf(request, parameter)).find((value) => value);
      if (identity === undefined) return undefined;
      const whole = model.directory.find(identity);
      const [mailbox, ...others] =
        whole.length > 0 ? whole : model.directory.find(folderOf(identity).mailbox);
      return mailbox?.hasMailbox && others.length === 0 ? mailbox.exchangeGuid : undefined;
    },
    run(request) {
      // Taken literally, as the service does: a page of no rows, and no more of them (exo-protocol.md 4.5).
      if (textOf(request, "PageSize") === "0" && model.plan.quirk("page-size-zero")) return rows(NO_ROWS);
      try {
        return definition.run(model, request);
      } catch (error) {
        if (error instanceof Refusal) return { kind: "failure", failure: error.failure };
        throw error;
      }
    },
  };
}

export function rows(
  source: RowSource,
  more: { readonly warnings?: readonly string[]; readonly errors?: readonly string[] } = {},
): CmdletAnswer {
  return { kind: "rows", source, ...more };
}

/** What a write says that found nothing to do. */
export function unchanged({ plan }: Model, warning: string): { readonly warnings?: readonly string[] } {
  return plan.quirk("no-op-warnings") ? { warnings: [warning] } : {};
}

export const NO_ROWS: RowSource = rowsOf([]);
