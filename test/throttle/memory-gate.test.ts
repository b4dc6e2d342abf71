import { describe } from "vitest";
import { defaultSettings } from "../../src/config.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { createMemoryGate } from "../../src/throttle/index.ts";
import { gateContract } from "./gate.contract.ts";

describe("a gate in one process", () => {
  gateContract(() => {
    const gate = createMemoryGate({ settings: defaultSettings(), telemetry: new Telemetry() });
    return Promise.resolve({ gate, dispose: () => Promise.resolve() });
  });
});
