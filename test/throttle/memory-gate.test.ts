import { describe } from "vitest";
import { defaultSettings } from "../../src/config.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { createMemoryGate } from "../../src/throttle/index.ts";
import { gateContract, ordersContract, THREE_PLACES } from "./gate.contract.ts";

describe("a gate in one process", () => {
  const open = () => {
    const gate = createMemoryGate({
      settings: defaultSettings({ gate: THREE_PLACES }),
      telemetry: new Telemetry(),
    });
    return Promise.resolve({ gate, places: 3, dispose: () => Promise.resolve() });
  };
  gateContract(open);
  ordersContract(open);
});
