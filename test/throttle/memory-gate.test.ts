import { describe } from "vitest";
import { defaultSettings } from "../../src/config.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { createMemoryGate } from "../../src/throttle/index.ts";
import { gateContract, THREE_PLACES } from "./gate.contract.ts";

describe("a gate in one process", () => {
  gateContract(() => {
    const gate = createMemoryGate({
      settings: defaultSettings({ gate: THREE_PLACES }),
      telemetry: new Telemetry(),
    });
    return Promise.resolve({ gate, places: 3, dispose: () => Promise.resolve() });
  });
});
