/** What messages look like, and that nothing hostile gets through any of their forms. */
import { describe, expect, test } from "vitest";
import { GRADES } from "../../src/job/index.ts";
import { type Happening, type Message, messageFor, testMessage } from "../../src/notify/message.ts";
import type { News } from "../../src/notify/news.ts";
import { cardOf } from "../../src/notify/words/card.ts";
import { harmless } from "../../src/notify/words/harmless.ts";
import { mailOf } from "../../src/notify/words/mail.ts";
import { HOSTILE_STRINGS } from "../support/hostile-strings.ts";

const rule = (
  severity: News["rules"][number]["severity"],
  came: number,
  gone: number,
  examples = "anna@x",
) => ({
  job: "permission-audit",
  rule: `rule-${severity}`,
  severity,
  words: "words of the rule",
  new: came,
  gone,
  examples: {
    new: [`${examples} came`],
    gone: [`${examples} went`],
  },
});

const NEWS: News = {
  rules: [rule("critical", 2, 0), rule("medium", 1, 3), rule("info", 9, 9)],
  changes: { added: 4, removed: 1, changed: 2, "mailbox-added": 0, "mailbox-gone": 0, unknown: 5 },
  members: undefined,
  membersWhole: true,
  gaps: ["send-as: not read: failed"],
  faults: [],
  carried: [],
};

const members = (text = "eve@x"): NonNullable<News["members"]> => ({
  groups: 2,
  added: 1_200,
  removed: 1,
  unknown: 4,
  widest: 300,
  examples: { cameIn: [`${text} came into ${text}`], left: [`${text} left ${text}`] },
});

const HAPPENING: Happening = {
  type: "night.over",
  atMs: Date.UTC(2026, 10, 23, 2),
  dueMs: Date.UTC(2026, 10, 23, 1),
  schedule: "nightly",
  job: "permission-audit",
  tenant: "contoso",
  run: "r2",
  state: "complete",
  trouble: undefined,
  troubleIsNews: false,
  comparedWith: "r1",
  news: NEWS,
  notes: [],
};

const SINK = {
  tell: ["new", "gone", "trouble"],
  severity: "medium",
  details: "rules",
  schedules: undefined,
} as const satisfies object;
type Sink = Parameters<typeof messageFor>[0];
const sink = (over: Partial<Sink> = {}): Sink => ({ ...SINK, tell: [...SINK.tell], ...over });

describe("a message", () => {
  test("counts what the sink wants to hear of, says it in its title, and how to see more", () => {
    expect(messageFor(sink(), HAPPENING)).toMatchObject({
      title: "nightly on contoso: 2 critical, 1 medium findings new; 3 medium findings gone",
      findings: { new: { critical: 2, medium: 1 }, gone: { medium: 3 } },
      rules: [{ rule: "rule-critical", new: 2, gone: 0 }, { rule: "rule-medium" }],
      notes: ["send-as: not read: failed"],
      next: ["exosweep findings r2", "exosweep diff r1 r2"],
    });
  });

  test("carries no more than the sink may have", () => {
    const told = (details: Sink["details"]): string =>
      JSON.stringify(messageFor(sink({ details }), HAPPENING));
    expect(told("counts")).not.toContain("rule-critical");
    expect(told("rules")).toContain("rule-critical");
    expect(told("rules")).not.toContain("anna@x");
    expect(told("examples")).toContain("anna@x came");
    expect(told("examples")).toContain("anna@x went");
  });

  test.each([
    ["nothing of interest is new", { severity: "low" as const, tell: ["trouble" as const] }],
    ["it is another schedule", { schedules: ["weekly"] }],
  ])("is not written when %s", (_, over) => {
    expect(messageFor(sink(over), HAPPENING)).toBeUndefined();
  });

  test("is written for what the sink named, and for nothing else", () => {
    const quiet = { ...HAPPENING, news: { ...NEWS, rules: [rule("info", 1, 1)] } };
    expect(messageFor(sink(), quiet)).toBeUndefined();
    expect(messageFor(sink({ severity: "info", tell: ["gone"] }), quiet)).toBeDefined();
    expect(messageFor(sink({ tell: ["changes"] }), quiet)?.title).toBe("nightly on contoso: 7 rows changed");
    const unknown = { ...NEWS, rules: [], changes: { ...zeros(), unknown: 5 } };
    expect(messageFor(sink({ tell: ["changes"] }), { ...quiet, news: unknown })).toBeUndefined();
  });

  test("of a night that went wrong says so, and of one that went well again, too", () => {
    const bad = { state: "complete_with_failures", trouble: "complete: no (…)", troubleIsNews: true };
    const nothing = { ...NEWS, rules: [] };
    expect(messageFor(sink(), { ...HAPPENING, ...bad, news: nothing })?.title).toBe(
      "nightly on contoso: complete with failures, not all was read",
    );
    expect(messageFor(sink(), { ...HAPPENING, news: nothing, troubleIsNews: true })?.title).toBe(
      "nightly on contoso: complete again",
    );
  });

  test("tells who came into groups with rights, in every form, and names them to whom it may", () => {
    const night = { ...HAPPENING, news: { ...NEWS, rules: [], members: members() } };
    const told = messageFor(sink({ tell: ["members"], details: "examples" }), night) ?? testMessage(0);
    expect(told.title).toBe("nightly on contoso: 1,200 came into groups with rights, 1 left");
    const forms = [mailOf(told).text, mailOf(told).html, cardOf(told)];
    for (const form of forms) {
      expect(form).toContain(
        "members of groups that hold rights: 1,200 came in, 1 left, 4 unknown; the widest of 2 groups holds 300 rights",
      );
      expect(form).toContain("+ eve@x came into eve@x");
      expect(form).toContain("- eve@x left eve@x");
    }
    for (const details of ["counts", "rules"] as const)
      expect(JSON.stringify(messageFor(sink({ tell: ["members"], details }), night))).not.toContain("eve@x");
    expect(messageFor(sink(), night)).toBeUndefined();
    expect(messageFor(sink({ tell: ["changes"] }), night)?.title).toContain("left; 7 rows changed");
    const nobody = { ...members(), added: 0, removed: 0 };
    const quiet = { ...night, news: { ...night.news, members: nobody } };
    expect(messageFor(sink({ tell: ["members"] }), quiet)).toBeUndefined();
  });

  test("that an older version wrote is sent as it is", () => {
    const { members: _, ...old } = messageFor(sink(), HAPPENING) ?? testMessage(0);
    expect(mailOf(old).text).toContain("Findings by rule");
    expect(cardOf(old)).not.toContain("members");
  });

  test("a severity that is not known comes with low ones, as everywhere", () => {
    const news = { ...NEWS, rules: [rule("unknown", 1, 0)] };
    const wants = GRADES.filter((severity) => severity !== "unknown").filter(
      (severity) => messageFor(sink({ severity }), { ...HAPPENING, news }) !== undefined,
    );
    expect(wants).toEqual(["low", "info"]);
  });
});

function zeros() {
  return { added: 0, removed: 0, changed: 0, "mailbox-added": 0, "mailbox-gone": 0, unknown: 0 };
}

const CONTROL = /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]--[\p{Join_Control}\n]]/v;

/** A message in which everything that can be text is this. */
function hostile(text: string): Message {
  const bad: News = {
    ...NEWS,
    rules: [{ ...rule("critical", 1, 1, text), words: text }],
    members: members(text),
    gaps: [text],
  };
  const message = messageFor(sink({ details: "examples" }), {
    ...HAPPENING,
    trouble: text,
    troubleIsNews: true,
    news: bad,
  });
  return { ...(message ?? testMessage(0)), title: text };
}

interface Card {
  readonly attachments: readonly {
    readonly content: {
      readonly body: readonly {
        readonly type: string;
        readonly inlines: readonly { readonly text: string }[];
      }[];
    };
  }[];
}

describe(`${HOSTILE_STRINGS.length} hostile strings`, () => {
  test("there are many", () => {
    expect(HOSTILE_STRINGS.length).toBeGreaterThan(300);
  });

  test("are text and nothing else in a card: no markdown, no link, no control", () => {
    for (const text of HOSTILE_STRINGS) {
      const card = JSON.parse(cardOf(hostile(text))) as Card;
      const blocks = card.attachments[0]?.content.body ?? [];
      expect(blocks.length).toBeGreaterThan(5);
      for (const { type, inlines } of blocks) {
        // A text block knows markdown, a text run does not.
        expect(type).toBe("RichTextBlock");
        for (const run of inlines) expect(run.text).not.toMatch(CONTROL);
        for (const run of inlines) expect(run.text).not.toMatch(/\w:\/\/|\bwww\.\w|javascript:/i);
      }
    }
  });

  test("are text and nothing else in the HTML of a mail", () => {
    const own = /<\/?(?:html|body|h2|h3|p|div|code)(?: style="[a-z0-9:-]+")?>|<!doctype html>/g;
    for (const text of HOSTILE_STRINGS) {
      const { html, text: plain, subject } = mailOf(hostile(text));
      const rest = html.replaceAll(own, "");
      expect(rest).not.toMatch(/[<>"']/);
      expect(rest.replaceAll(/&#\d+;/g, "")).not.toContain("&");
      for (const form of [rest, plain, subject]) {
        expect(form).not.toMatch(CONTROL);
        expect(form).not.toMatch(/\w:\/\/|javascript:/i);
      }
      expect(subject).not.toContain("\n");
      expect(subject.length).toBeLessThanOrEqual(201);
    }
  });

  test("fit into what Teams takes, all of them in one message", () => {
    const long: Message = {
      ...hostile("x"),
      examples: { new: HOSTILE_STRINGS, gone: HOSTILE_STRINGS },
      notes: Array.from({ length: 50 }, () => "\u{1f600}".repeat(200)),
    };
    expect(Buffer.byteLength(cardOf(long))).toBeLessThanOrEqual(24_000);
    expect(cardOf(long)).toContain("and more");
    expect(cardOf(testMessage(0))).not.toContain("and more");
  });
});

test("what people read stays readable", () => {
  for (const text of ["anna@contoso.com holds FullAccess", "Søren – Ærø", "株式会社", "50 % of 3,000: rows"])
    expect(harmless(text)).toBe(text);
  expect(harmless("see https://evil.example/x and www.evil.example")).toBe(
    "see https[:]//evil.example/x and www[.]evil.example",
  );
});
