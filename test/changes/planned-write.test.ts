/** Every way a planned write can go, with the real journal and an Exchange that does as it is told. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { MachineClock } from "../../src/changes/machine-clock.ts";
import { PlannedWrite, type WriteOrder, type WriteParts } from "../../src/changes/planned-write.ts";
import { WriteEnded, WriteLater } from "../../src/changes/write-ends.ts";
import { ExoError, type SendOptions } from "../../src/exo/index.ts";
import type { Change, CmdletReply, Mailbox, Parameters } from "../../src/job/index.ts";
import type { Journal } from "../../src/journal/index.ts";
import { changeTarget } from "../../src/runs/targets.ts";
import { freshJournal, newRun } from "../support/journal.ts";

const RUN = "run-1";
const LINE = 1;
const SECOND = 1_000;
const TIMES: WriteParts["times"] = {
  settleMs: 360 * SECOND,
  lookGapMs: 30 * SECOND,
  sendByMs: 10 * SECOND,
  maxSends: 3,
};
const MAILBOX: Mailbox = {
  id: "aaaaaaaa-0000-4000-8000-000000000001",
  objectId: "bbbbbbbb-0000-4000-8000-000000000001",
  type: "user",
  primarySmtp: "ann@contoso.com",
  displayName: "Ann",
  userPrincipalName: "ann@contoso.com",
  name: "ann",
  alias: "ann",
  identity: "ann",
  distinguishedName: "",
  guid: "",
};
const STAMP: Change = { cmdlet: "Set-Mailbox", parameters: { CustomAttribute3: "new" } };
const ONCE: Change = { cmdlet: "Start-ManagedFolderAssistant", parameters: {} };

/** The mailbox as a look sees it. */
const OLD = [["CustomAttribute3", "old"]];
const NEW = [["CustomAttribute3", "new"]];

/** What becomes of a sending. */
type Fate =
  | "done"
  | "done, answer lost"
  | "lost"
  | "cut short"
  | "refused"
  | "was so"
  | "throttled first"
  | "never lets go";

function failed(cmdlet: string, facts: Partial<ConstructorParameters<typeof ExoError>[1]>): ExoError {
  return new ExoError(`Cannot run ${cmdlet}`, { cmdlet, kind: "other", remedy: "give-up", ...facts });
}

/** A tenant of one mailbox, and the calls it got. */
class Tenant {
  readonly calls: string[] = [];
  attribute = "old";
  fates: Fate[] = [];
  /** What the next look runs into. */
  trouble: Error | undefined;
  /** What happens at the gate, before the write is announced. */
  atGate: () => Promise<unknown> = () => Promise.resolve();

  /** What is thrown where a sending is cut short. */
  death = new Error("The worker died");

  /** What happens right after somebody looked. */
  afterLook: () => void = () => undefined;

  /** What happens while somebody looks. */
  atLook: () => Promise<unknown> = () => Promise.resolve();

  readonly read = async (cmdlet: string): Promise<CmdletReply> => {
    this.calls.push(cmdlet);
    await this.atLook();
    if (this.trouble !== undefined) throw this.trouble;
    const seen = reply([{ Identity: "ann", CustomAttribute3: this.attribute }]);
    this.afterLook();
    return seen;
  };

  readonly invoke = async (
    cmdlet: string,
    parameters: Parameters,
    options: SendOptions = {},
  ): Promise<CmdletReply> => {
    if (parameters["Identity"] !== MAILBOX.id || options.anchor?.kind !== "mailbox")
      throw new Error("This is about another mailbox, or goes by another connection");
    await this.atGate();
    const leaveByMs = (await options.beforeSend?.()) ?? 0;
    const fate = this.fates.shift() ?? "done";
    // As `admit` has it.
    if (fate === "never lets go") throw failed(cmdlet, { kind: "not-sent", remedy: "stopped" });
    if (performance.now() > leaveByMs) throw new Error("It was announced too long ago");
    this.calls.push(cmdlet);
    if (fate === "throttled first") {
      await options.beforeSend?.();
      this.calls.push(cmdlet);
    }
    if (fate === "cut short") throw this.death;
    if (fate === "refused") throw failed(cmdlet, { kind: "forbidden", remedy: "denied" });
    if (fate === "was so")
      throw failed(cmdlet, { exceptionType: "Microsoft.Exchange.UserNotFoundInPermissionEntryException" });
    if (fate !== "lost") this.attribute = "new";
    if (fate === "lost" || fate === "done, answer lost") throw failed(cmdlet, { ambiguous: true });
    return reply([]);
  };
}

function reply(rows: CmdletReply["rows"]): CmdletReply {
  return { rows, warnings: [], errors: [], requestId: undefined, sentAtMs: 0, answeredAtMs: 0 };
}

interface Ground {
  readonly journal: Journal;
  readonly tenant: Tenant;
  /** One execution of the task, by a process of its own: what it ended with, and the write it was. */
  attempt(over?: Partial<WriteOrder>): Promise<{ readonly end: unknown; readonly write: PlannedWrite }>;
  /** Ends of the announcements so far; undefined: nobody can say yet. */
  ends(): Promise<readonly (string | undefined)[]>;
}

async function ground(change: Change = STAMP, boot = "boot 1"): Promise<Ground> {
  const journal = await freshJournal();
  await journal.createRun(newRun({ job: "apply-changes" }));
  await journal.addTargets(RUN, [changeTarget(MAILBOX, change)]);
  await journal.sealManifest(RUN);
  await journal.moveRun(RUN, ["planned"], "running");
  const tenant = new Tenant();
  let attempts = 0;
  return {
    journal,
    tenant,
    async attempt(over = {}) {
      attempts += 1;
      const write = new PlannedWrite(
        { journal, exo: tenant, read: tenant.read, clock: new MachineClock(boot), times: TIMES },
        {
          run: RUN,
          line: LINE,
          redrive: 0,
          attempt: attempts,
          worker: "w1",
          mailbox: MAILBOX,
          change,
          options: { run: RUN, lane: "write" },
          ...over,
        },
      );
      const end = await write.carryOut().catch((error: unknown) => error);
      return { end, write };
    },
    ends: async () => (await journal.intents(RUN, LINE)).map((intent) => intent.end),
  };
}

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date", "hrtime"] }));
afterEach(() => void vi.useRealTimers());

/** A sending whose answer was lost, and the time until it can be looked for. */
async function inDoubt(fate: Fate, change: Change = STAMP): Promise<Ground> {
  const it = await ground(change);
  it.tenant.fates = [fate];
  expect((await it.attempt()).end).toMatchObject({ ambiguous: true });
  vi.advanceTimersByTime(TIMES.settleMs);
  return it;
}

async function twoLooks(it: Ground) {
  expect((await it.attempt()).end).toMatchObject({ name: "WriteLater", forMs: TIMES.lookGapMs });
  vi.advanceTimersByTime(TIMES.lookGapMs);
  return it.attempt();
}

describe("a write that nobody has announced", () => {
  test("is not sent when everything is as wanted already", async () => {
    const it = await ground();
    it.tenant.attribute = "new";
    const { end, write } = await it.attempt();
    expect(end).toMatchObject({ changed: false });
    expect([it.tenant.calls, await it.ends(), write.held]).toEqual([["Get-Mailbox"], [], undefined]);
  });

  test("is looked at, announced with what was there, sent once, and known to be sent", async () => {
    const it = await ground();
    const { end, write } = await it.attempt();
    expect(end).toMatchObject({ changed: true });
    expect(it.tenant.calls).toEqual(["Get-Mailbox", "Set-Mailbox"]);
    expect(await it.journal.intents(RUN, LINE)).toMatchObject([
      { n: 1, attempt: 1, worker: "w1", effect: "absolute", before: OLD, clock: { boot: "boot 1" } },
    ]);
    expect([write.held, write.written]).toEqual([{ n: 1, end: "sent" }, end]);
  });

  test("and is refused by Exchange ends its announcement, so that whoever comes next has no doubt", async () => {
    const it = await ground();
    it.tenant.fates = ["refused"];
    const { end, write } = await it.attempt();
    expect([end, write.held]).toMatchObject([{ remedy: "denied" }, { n: 1, end: "refused" }]);
    await write.release();
    expect([await it.ends(), write.held]).toEqual([["refused"], undefined]);
  });

  test("and is refused because there is nothing to remove counts as not needed", async () => {
    const it = await ground({
      cmdlet: "Remove-MailboxPermission",
      parameters: { User: "ann", Odd: "x" },
    });
    it.tenant.fates = ["was so"];
    const { end, write } = await it.attempt();
    expect([end, write.held]).toMatchObject([{ changed: false }, { end: "refused" }]);
  });

  test("and is refused because there is nothing to change failed", async () => {
    const it = await ground();
    it.tenant.fates = ["was so"];
    const { end, write } = await it.attempt();
    expect([end, write.held]).toMatchObject([{ remedy: "give-up" }, { end: "refused" }]);
  });

  test("and is throttled is announced again before it is sent again", async () => {
    const it = await ground();
    it.tenant.fates = ["throttled first"];
    const { write } = await it.attempt();
    expect(await it.ends()).toEqual(["refused", undefined]);
    expect(write.held).toEqual({ n: 2, end: "sent" });
  });

  test("and whose look fails is neither announced nor sent", async () => {
    const it = await ground();
    it.tenant.trouble = failed("Get-Mailbox", { kind: "not-found", remedy: "gone" });
    expect((await it.attempt()).end).toMatchObject({ remedy: "gone" });
    expect(await it.ends()).toEqual([]);
  });

  test("is not sent when its run was paused while it waited at the gate", async () => {
    const it = await ground();
    it.tenant.atGate = () => it.journal.moveRun(RUN, ["running"], "paused", "operator");
    const { end, write } = await it.attempt();
    expect(end).toMatchObject({ kind: "stopped", remedy: "stopped" });
    expect([it.tenant.calls, await it.ends(), write.held]).toEqual([["Get-Mailbox"], [], undefined]);
  });

  test("is not sent when its target got an outcome while it waited at the gate", async () => {
    const it = await ground();
    it.tenant.atGate = async () => {
      await it.journal.moveRun(RUN, ["running"], "cancelled");
      await it.journal.cancelPending(RUN, "enough", Date.now());
      await it.journal.moveRun(RUN, ["cancelled"], "running");
    };
    expect((await it.attempt()).end).toMatchObject({ remedy: "stopped" });
    expect(it.tenant.calls).toEqual(["Get-Mailbox"]);
  });

  test("and came too late to leave after its announcement was not sent, and says so", async () => {
    const it = await ground();
    it.tenant.fates = ["never lets go"];
    const { write } = await it.attempt();
    expect(write.held).toEqual({ n: 1, end: "refused" });
    await write.release();
    expect(it.tenant.calls).toEqual(["Get-Mailbox"]);
    expect((await it.attempt()).end).toMatchObject({ changed: true });
  });

  test("waits for another attempt that announced it meanwhile", async () => {
    const it = await ground();
    it.tenant.fates = ["done, answer lost"];
    it.tenant.atGate = async () => {
      it.tenant.atGate = () => Promise.resolve();
      await it.attempt();
    };
    const { end, write } = await it.attempt();
    expect(end).toBeInstanceOf(WriteLater);
    expect(end).toMatchObject({ forMs: TIMES.settleMs });
    expect(it.tenant.calls.filter((cmdlet) => cmdlet === "Set-Mailbox")).toHaveLength(1);
    expect([await it.ends(), write.held]).toEqual([[undefined], undefined]);
  });
});

describe("a write whose answer was lost", () => {
  test("is neither sent nor looked at before anything that could carry it out has given up", async () => {
    const it = await ground();
    it.tenant.fates = ["lost"];
    const { end, write } = await it.attempt();
    expect([end, write.held, write.written]).toMatchObject([
      { ambiguous: true },
      { n: 1, end: undefined },
      undefined,
    ]);
    vi.advanceTimersByTime(TIMES.settleMs - SECOND);
    const next = await it.attempt();
    expect(next.end).toMatchObject({ name: "WriteLater", forMs: SECOND });
    expect(next.write.held).toEqual({ n: 1, end: undefined });
    expect(it.tenant.calls).toEqual(["Get-Mailbox", "Set-Mailbox"]);
  });

  test.for([3_600_000, -3_600_000])(
    "is looked for at the same moment when somebody sets the clock by %i ms meanwhile",
    async (byMs) => {
      const it = await ground();
      it.tenant.fates = ["lost"];
      await it.attempt();
      vi.setSystemTime(Date.now() + byMs);
      expect((await it.attempt()).end).toMatchObject({ name: "WriteLater", forMs: TIMES.settleMs });
      vi.advanceTimersByTime(TIMES.settleMs);
      expect((await it.attempt()).end).toMatchObject({ name: "WriteLater", forMs: TIMES.lookGapMs });
      vi.setSystemTime(Date.now() - byMs);
      expect((await it.attempt()).end).toMatchObject({ name: "WriteLater", forMs: TIMES.lookGapMs });
      expect(it.tenant.calls).toEqual(["Get-Mailbox", "Set-Mailbox", "Get-Mailbox"]);
    },
  );

  test("and is seen twice as wanted happened", async () => {
    const it = await inDoubt("done, answer lost");
    const { end, write } = await twoLooks(it);
    expect([end, write.held]).toMatchObject([
      { changed: true, before: OLD, after: NEW },
      { n: 1, end: "sent" },
    ]);
    expect(it.tenant.calls.filter((cmdlet) => cmdlet === "Set-Mailbox")).toHaveLength(1);
    expect((await it.journal.intents(RUN, LINE))[0]?.looks).toMatchObject([
      { lost: true },
      { seen: NEW, wanted: true },
      { seen: NEW, wanted: true },
    ]);
  });

  test("and is seen twice as before was not executed, and is sent again, three times in all", async () => {
    const it = await inDoubt("lost");
    it.tenant.fates = ["lost", "lost"];
    for (const sends of [2, 3]) {
      expect((await twoLooks(it)).end).toMatchObject({ ambiguous: true });
      expect(it.tenant.calls.filter((cmdlet) => cmdlet === "Set-Mailbox")).toHaveLength(sends);
      vi.advanceTimersByTime(TIMES.settleMs);
    }
    const { end, write } = await twoLooks(it);
    expect(end).toBeInstanceOf(WriteEnded);
    expect([end, write.held]).toMatchObject([
      { outcome: "failed", fingerprint: "Set-Mailbox/not-applied" },
      { n: 3, end: "absent" },
    ]);
    expect(await it.ends()).toEqual(["absent", "absent", undefined]);
  });

  test("is not given up for sends that our own deaths cut short", async () => {
    const it = await ground();
    const dies = new Error("The worker died");
    for (let deaths = 0; deaths < 4; deaths += 1) {
      it.tenant.fates = ["cut short"];
      it.tenant.death = dies;
      expect((await (deaths === 0 ? it.attempt() : twoLooks(it))).end).toBe(dies);
      vi.advanceTimersByTime(TIMES.settleMs);
    }
    it.tenant.fates = ["lost"];
    expect((await twoLooks(it)).end).toMatchObject({ ambiguous: true });
    vi.advanceTimersByTime(TIMES.settleMs);
    expect((await twoLooks(it)).end).toMatchObject({ changed: true });
    expect(it.tenant.attribute).toBe("new");
    expect(await it.ends()).toEqual(["absent", "absent", "absent", "absent", "absent", undefined]);
  });

  test("and nobody waited for, because this process was told to stop, is held against nobody", async () => {
    const it = await ground();
    it.tenant.fates = ["lost"];
    await it.attempt({ options: { run: RUN, lane: "write", signal: AbortSignal.abort() } });
    expect((await it.journal.intents(RUN, LINE))[0]?.looks).toEqual([]);
  });

  test("and is carried out after two looks said it was not, is told as our own doing", async () => {
    const it = await inDoubt("lost");
    it.tenant.fates = ["lost"];
    // Sent again, and lost again: what comes late is the first.
    expect((await twoLooks(it)).end).toMatchObject({ ambiguous: true });
    vi.advanceTimersByTime(TIMES.settleMs);
    expect((await it.attempt()).end).toBeInstanceOf(WriteLater);
    vi.advanceTimersByTime(TIMES.lookGapMs);
    it.tenant.afterLook = () => void (it.tenant.attribute = "new");
    expect((await it.attempt()).end).toMatchObject({ changed: true, before: OLD, after: NEW });
    expect(it.tenant.calls.filter((cmdlet) => cmdlet === "Set-Mailbox")).toHaveLength(2);
  });

  test("and finds neither what was there nor what was wanted is a conflict, and is not sent", async () => {
    const it = await inDoubt("lost");
    it.tenant.attribute = "somebody else's";
    const { end, write } = await twoLooks(it);
    expect([end, write.held]).toMatchObject([{ outcome: "conflict" }, { n: 1, end: "doubtful" }]);
    expect(it.tenant.calls.filter((cmdlet) => cmdlet === "Set-Mailbox")).toHaveLength(1);
  });

  test("and finds something else at every look is looked at six times, then left to a person", async () => {
    const it = await inDoubt("lost");
    for (let look = 1; look < 6; look += 1) {
      it.tenant.attribute = `state ${look}`;
      expect((await it.attempt()).end).toMatchObject({ name: "WriteLater" });
      vi.advanceTimersByTime(TIMES.lookGapMs);
    }
    it.tenant.attribute = "state 6";
    expect((await it.attempt()).end).toMatchObject({ outcome: "unresolved" });
  });

  test("and that nobody knows how to look for is left to a person, and never sent again", async () => {
    const it = await inDoubt("lost", ONCE);
    const { end, write } = await it.attempt();
    expect([end, write.held]).toMatchObject([
      { outcome: "unresolved", fingerprint: "Start-ManagedFolderAssistant/lost" },
      { n: 1, end: "doubtful" },
    ]);
    expect(it.tenant.calls).toEqual(["Start-ManagedFolderAssistant"]);
  });

  test("and cannot be looked at for good is left to a person; what may pass is tried again", async () => {
    const it = await inDoubt("lost");
    it.tenant.trouble = failed("Get-Mailbox", { kind: "server-error", remedy: "wait" });
    expect((await it.attempt()).end).toBe(it.tenant.trouble);
    expect(await it.ends()).toEqual([undefined]);
    it.tenant.trouble = failed("Get-Mailbox", { kind: "forbidden", remedy: "denied" });
    expect((await it.attempt()).end).toMatchObject({
      outcome: "unresolved",
      message: expect.stringContaining("it cannot be looked at"),
    });
  });

  test("and got an end by somebody else while it was looked for is let go of", async () => {
    const it = await inDoubt("lost");
    it.tenant.atLook = () => it.journal.endIntent(RUN, LINE, 1, "absent");
    expect((await it.attempt()).end).toMatchObject({ remedy: "stopped" });
    expect(it.tenant.calls.filter((cmdlet) => cmdlet === "Set-Mailbox")).toHaveLength(1);
  });

  test("before a redrive says nothing about the sending after it", async () => {
    const it = await inDoubt("lost");
    expect((await it.attempt({ redrive: 1 })).end).toMatchObject({ name: "WriteLater" });
    expect(it.tenant.calls.filter((cmdlet) => cmdlet === "Set-Mailbox")).toHaveLength(1);
  });
});
