import { describe, expect, test } from "vitest";
import { z } from "zod";
import { compose } from "../../jobs/common/compose.ts";
import { permissionAudit } from "../../jobs/permission-audit.ts";
import { findJob, parametersOf, readParameters, splitParameters } from "../../src/cli/job-parameters.ts";
import { defineJob } from "../../src/job/index.ts";

const job = defineJob({
  name: "permission-audit",
  summary: "Lists",
  writes: false,
  params: z.strictObject({
    inherited: z.boolean().default(false).describe("also inherited rights"),
    depth: z.int().min(1).max(9).default(3),
    right: z.enum(["FullAccess", "SendAs"]).optional(),
    owners: z.array(z.string()).optional(),
    levels: z.array(z.int()).default([1, 2]),
    since: z.string(),
  }),
  columns: [],
  cmdlets: [],
  naiveCallsPerTarget: 1,
  bulk: [],
  perform: async () => [],
  judge: () => ({ observe: () => undefined, report: (rows) => rows }),
});

describe("parameters of a job", () => {
  test("say by default what the job goes by, also where its values are read from text", () => {
    const usual = parametersOf(permissionAudit).map(({ name, fallback }) => [name, fallback]);
    expect(usual).toContainEqual(["hubMailboxes", "50"]);
    expect(usual).toContainEqual(["rights", "full-access,send-as,send-on-behalf"]);
    expect(usual).toContainEqual(["sensitive", undefined]);
  });

  test("are listed with type, default and what they mean", () => {
    expect(parametersOf(job)).toEqual([
      {
        name: "inherited",
        type: "boolean",
        required: false,
        fallback: "false",
        description: "also inherited rights",
      },
      { name: "depth", type: "integer", required: false, fallback: "3", description: "" },
      { name: "right", type: "FullAccess|SendAs", required: false, fallback: undefined, description: "" },
      { name: "owners", type: "string,…", required: false, fallback: undefined, description: "" },
      { name: "levels", type: "integer,…", required: false, fallback: "1,2", description: "" },
      { name: "since", type: "string", required: true, fallback: undefined, description: "" },
    ]);
  });

  test("are read as the job's schema wants them", () => {
    expect(
      readParameters(job, [
        "inherited=$True",
        "depth=4",
        "right=SendAs",
        "owners=a, b",
        "levels=3,4",
        "since=2026=05",
      ]),
    ).toEqual({
      inherited: true,
      depth: 4,
      right: "SendAs",
      owners: ["a", "b"],
      levels: [3, 4],
      since: "2026=05",
    });
    expect(readParameters(job, ["since=5", "inherited=FALSE", "owners="])).toEqual({
      since: "5",
      inherited: false,
      owners: [],
    });
  });

  test("that are not of their type are left for the job to refuse", () => {
    expect(readParameters(job, ["depth=many", "inherited=1"])).toEqual({ depth: "many", inherited: "1" });
  });

  test("that are unknown are refused with the nearest name and all names", () => {
    expect(() => readParameters(job, ["inherit=true"])).toThrow(
      expect.objectContaining({
        code: "bad-parameter",
        message: 'Cannot run "permission-audit": it has no parameter "inherit"',
        advice: expect.stringMatching(
          /^did you mean "inherited"\? parameters are: inherited, depth, .*jobs show permission-audit/,
        ),
      }),
    );
    for (const name of ["toString", "__proto__", "constructor"])
      expect(() => readParameters(job, [`${name}=1`])).toThrow(
        expect.objectContaining({ code: "bad-parameter" }),
      );
  });

  test("are refused without a name, without = and twice", () => {
    for (const words of [["a"], ["=1"], ["a=1", "a=2"]])
      expect(() => splitParameters(words)).toThrow(expect.objectContaining({ name: "UsageError" }));
    expect([...splitParameters(["a=", "b==x\ny"])]).toEqual([
      ["a", ""],
      ["b", "=x\ny"],
    ]);
  });
});

test("an unknown job is refused with the nearest name", () => {
  expect(findJob([job], "permission-audit")).toBe(job);
  expect(() => findJob([job], "permision-audit")).toThrow(
    expect.objectContaining({
      code: "unknown-job",
      advice: 'did you mean "permission-audit"? jobs are: permission-audit',
    }),
  );
});

describe("parameters of a job's parts", () => {
  const whole = compose("night", "Runs several", [
    job,
    { ...job, name: "sweep", params: z.strictObject({}) },
  ]);

  test("are read as the part wants them, under its name", () => {
    expect(
      readParameters(whole, ["jobs=sweep", "permission-audit.depth=4", "permission-audit.since=a.b=c"]),
    ).toEqual({ jobs: ["sweep"], "permission-audit": { depth: 4, since: "a.b=c" } });
  });

  test("are not among its own", () => {
    expect(parametersOf(whole).map(({ name }) => name)).toEqual(["jobs"]);
  });

  test.each([
    ["permision-audit.depth=4", 'it has no part "permision-audit"'],
    [".depth=4", 'it has no part ""'],
    ["permission-audit.=4", 'it has no parameter "permission-audit."'],
    ["permission-audit.a.b=4", 'it has no parameter "permission-audit.a.b"'],
    ["permission-audit.constructor=4", 'it has no parameter "permission-audit.constructor"'],
    ["__proto__.depth=4", 'it has no part "__proto__"'],
    ["sweep.depth=4", 'it has no parameter "sweep.depth"'],
    ["depth=4", 'it has no parameter "depth"'],
  ])("%s is refused", (word, words) => {
    expect(() => readParameters(whole, [word])).toThrow(
      expect.objectContaining({ code: "bad-parameter", message: `Cannot run "night": ${words}` }),
    );
  });

  test("have no dots elsewhere", () => {
    expect(() => readParameters(job, ["permission-audit.depth=4"])).toThrow(
      'it has no parameter "permission-audit.depth"',
    );
  });
});
