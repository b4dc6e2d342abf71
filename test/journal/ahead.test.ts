import { expect, test } from "vitest";
import { ahead } from "../../src/journal/ahead.ts";

/** Steps that keep a record of what was asked of them; the one that says so fails. */
async function* steps(asked: string[], names: readonly string[]): AsyncGenerator<string, void> {
  try {
    for (const name of names) {
      asked.push(`asked for ${name}`);
      if (name === "failure") throw new Error("the server is gone");
      yield name;
    }
  } finally {
    asked.push("over");
  }
}

test("steps come in their order, each asked for before the one before it is worked on", async () => {
  const happened: string[] = [];
  for await (const name of ahead(steps(happened, ["one", "two"]))) happened.push(`worked on ${name}`);
  expect(happened).toEqual(["asked for one", "asked for two", "worked on one", "over", "worked on two"]);
});

test("what fails ahead is told when its turn has come, and what came before it is not lost", async () => {
  const got: string[] = [];
  const read = async (): Promise<void> => {
    for await (const name of ahead(steps([], ["one", "failure"]))) {
      got.push(name);
      // Long enough for a failure that nobody hears of to end the process.
      await new Promise(setImmediate);
    }
  };
  await expect(read()).rejects.toThrow("the server is gone");
  expect(got).toEqual(["one"]);
});

test("whoever stops listening waits for what was asked for, and asks for no more", async () => {
  const happened: string[] = [];
  for await (const name of ahead(steps(happened, ["one", "two", "three"]))) if (name === "one") break;
  expect(happened).toEqual(["asked for one", "asked for two", "over"]);
});

test("whoever stops listening is told nothing of what failed ahead", async () => {
  const happened: string[] = [];
  for await (const name of ahead(steps(happened, ["one", "failure"]))) if (name === "one") break;
  expect(happened).toEqual(["asked for one", "asked for failure", "over"]);
});
