/** Gives a cmdlet its common manners: unknown parameters are refused, refusals become failures, the one mailbox it is about is known. */
import type { Cmdlet, CmdletAnswer, CmdletRequest, RowSource } from "../cmdlet.ts";
import type { Model } from "../organisation/model.ts";
import { rowsOf } from "./listing.ts";
import { COMMON_PARAMETERS, Refusal, textOf } from "./parameters.ts";

export interface Definition {
  readonly name: string;
  readonly roles: Cmdlet["roles"];
  readonly writes?: boolean;
  readonly parameters: readonly string[];
  /** Parameters that may name the mailbox, first come first served; `Identity` when absent. */
  readonly about?: readonly string[];
  run(model: Model, request: CmdletRequest): CmdletAnswer;
}

/** Everybody who may read at all. */
export const READERS: Cmdlet["roles"] = ["view-only", "recipient-management", "organization-management"];
/** `Get-RecipientPermission` is not for view-only roles (exo-protocol.md 2.2). */
export const MANAGERS: Cmdlet["roles"] = ["recipient-management", "organization-management"];

export function defineCmdlet(model: Model, definition: Definition): Cmdlet {
  const known = new Set([...definition.parameters, ...COMMON_PARAMETERS].map((name) => name.toLowerCase()));
  const about = definition.about ?? ["Identity"];
  return {
    name: definition.name,
    writes: definition.writes ?? false,
    roles: definition.roles,
    parameters: definition.parameters,
    subject(request) {
      const identity = about
        .map((name) => textOf(request, name))
        .find((value) => value !== undefined && value !== "");
      const found = identity === undefined ? [] : model.directory.find(withoutFolder(identity));
      return found.length === 1 && found[0]?.hasMailbox === true ? found[0].exchangeGuid : undefined;
    },
    run(request) {
      const unknown = [...request.parameters.keys()].find((name) => !known.has(name));
      if (unknown !== undefined)
        return failure("unknown-parameter", request.spelling.get(unknown) ?? unknown);
      try {
        return definition.run(model, request);
      } catch (error) {
        if (error instanceof Refusal) return { kind: "failure", failure: error.failure };
        throw error;
      }
    },
  };
}

/** `PageSize: 0` is taken literally (exo-protocol.md 4.5). */
export function rows(
  source: RowSource,
  more: { warnings?: readonly string[]; errors?: readonly string[] } = {},
): CmdletAnswer {
  return { kind: "rows", source, ...more };
}

export const NO_ROWS: RowSource = rowsOf([]);

function failure(kind: "unknown-parameter", subject: string): CmdletAnswer {
  return { kind: "failure", failure: { kind, subject } };
}

/** `anna@contoso.example:\Kalender` and `anna\AAMkA…` name a mailbox first. */
export function withoutFolder(identity: string): string {
  return identity.replace(/:\\.*$/s, "");
}
