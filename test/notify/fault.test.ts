import { expect, test } from "vitest";
import { JournalError } from "../../src/journal/index.ts";
import { faultOf } from "../../src/notify/fault.ts";

test("a fault of the journal is told with what to do, an unknown one by its name alone", () => {
  expect(faultOf(new JournalError("Cannot write the journal: the disk is full", "Free space"))).toBe(
    "Cannot write the journal: the disk is full; Free space",
  );
  expect(faultOf(new TypeError("Megan Bowen"))).toBe("TypeError");
  expect(faultOf("Megan Bowen")).toBe("string");
});
