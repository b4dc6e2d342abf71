/** `Start-ManagedFolderAssistant`: runs, and leaves nothing that could be read back; only the truth knows how often. */
import { type Definition, MANAGERS } from "./define.ts";
import { oneObject } from "./objects.ts";
import { textOf } from "./parameters.ts";

const NAME = "Start-ManagedFolderAssistant";

export const startManagedFolderAssistant: Definition = {
  name: NAME,
  roles: MANAGERS,
  writes: true,
  parameters: [
    "Identity",
    "AggMailboxCleanup",
    "FullCrawl",
    "HoldCleanup",
    "InactiveMailbox",
    "StopHoldCleanup",
  ],
  run(model, request) {
    const { index } = oneObject(
      model,
      textOf(request, "Identity"),
      ({ hasMailbox, kind }) => hasMailbox && kind !== "soft-deleted",
    );
    model.overlay.write(index, request, (state) => ({
      ...state,
      runs: new Map([...state.runs, [NAME, (state.runs.get(NAME) ?? 0) + 1]]),
    }));
    return { kind: "nothing" };
  },
};
