/** A `Set-` cmdlet of a mailbox that is nothing but its settings. */
import type { Columns } from "./columns.ts";
import { type Definition, MANAGERS } from "./define.ts";
import { oneObject } from "./objects.ts";
import { textOf } from "./parameters.ts";
import { type Setting, applySettings } from "./settings.ts";

/**
 * @param columns the row its settings are read back in
 * @param parameters those that set nothing
 */
export function settingCmdlet(
  name: string,
  settings: readonly Setting[],
  columns: Columns,
  parameters: readonly string[] = [],
): Definition {
  return {
    name,
    roles: MANAGERS,
    writes: true,
    parameters: ["Identity", ...parameters, ...settings.map(({ parameter }) => parameter)],
    run(model, request) {
      const mailbox = oneObject(
        model,
        textOf(request, "Identity"),
        ({ hasMailbox, kind }) => hasMailbox && kind !== "soft-deleted" && kind !== "system",
      );
      return applySettings(model, request, mailbox, settings, columns);
    },
  };
}
