/** A run with intents of every fate, and what is said of it when somebody changes them. */
import type { Journal } from "../../src/journal/index.ts";
import { intent, mailboxes, settlement, startRun } from "./samples.ts";

/** Line 1 is written at the second try, 2 refused, 3 never written, 4 under way, 5 was in doubt until somebody decided. */
export async function startWriting(journal: Journal): Promise<void> {
  await startRun(journal, "r1", mailboxes(5));
  await journal.openIntent(intent("r1", 1));
  await journal.openIntent(intent("r1", 1));
  await journal.settle(settlement("r1", 1, { intent: { n: 2, end: "sent" } }));
  await journal.openIntent(intent("r1", 2));
  await journal.settle(settlement("r1", 2, { outcome: "failed", intent: { n: 1, end: "refused" } }));
  await journal.settle(settlement("r1", 3, { outcome: "ok_no_change" }));
  await journal.openIntent(intent("r1", 4));
  await journal.openIntent(intent("r1", 4));
  await journal.openIntent(intent("r1", 5));
  await journal.addLook("r1", 5, 1, { saw: "something else" });
  await journal.settle(settlement("r1", 5, { outcome: "unresolved", intent: { n: 1, end: "doubtful" } }));
  await journal.decide({ run: "r1", line: 5, outcome: "failed", reason: "asked", by: "megan", atMs: 9_000 });
}

const sealed = (line: number): string => `Line ${line} is not what it was when it was settled`;

/** Each line: what somebody did to the record, and what is said of it. */
export const damages: readonly (readonly [name: string, sql: string, problems: readonly string[]])[] = [
  ["nothing", "SELECT 1", []],
  [
    "an executed write is said to be absent",
    "UPDATE intents SET ended = 'absent' WHERE line = 1 AND n = 2",
    ["Line 1 is ok, but its intent 2 ended as absent", sealed(1)],
  ],
  [
    "a refused write is said to be executed",
    "UPDATE intents SET ended = 'sent' WHERE line = 2",
    ["Line 2 is failed, but its intent 1 ended as sent", sealed(2)],
  ],
  [
    "an end is taken away",
    "UPDATE intents SET ended = NULL WHERE line = 2",
    [
      "Line 2 says that none of its intents is open",
      "Line 2 is failed, but its intent 1 has no end",
      sealed(2),
    ],
  ],
  [
    "an intent is gone",
    "DELETE FROM intents WHERE line = 1 AND n = 1",
    ["Line 1 lacks its intent 1", sealed(1)],
  ],
  [
    "an intent is given to a line that is not there",
    "UPDATE intents SET line = 99 WHERE line = 2",
    ["Line 2 lacks its intent 1", sealed(2), "Line 99 has intents and is not in the manifest"],
  ],
  [
    "an intent is given to a line that never had one",
    "UPDATE intents SET line = 3 WHERE line = 2",
    ["Line 2 lacks its intent 1", "Line 3 has an intent 1 that it does not count", sealed(2), sealed(3)],
  ],
  [
    "an intent is given to a try that never was",
    "UPDATE intents SET redrive = 7 WHERE line = 2",
    ["Line 2 has an intent of redrive 7, which it never had", sealed(2)],
  ],
  [
    "what was there before is edited",
    "UPDATE intents SET before = '{}' WHERE line = 1 AND n = 1",
    [sealed(1)],
  ],
  [
    "what was seen is edited, of an earlier try",
    "UPDATE intents SET looks = '1' WHERE line = 5",
    [sealed(5)],
  ],
  [
    "an end is none",
    "UPDATE intents SET ended = 'perhaps' WHERE line = 2",
    ["Line 2 is failed, but its intent 1 ended as unreadable", sealed(2)],
  ],
  [
    "an outcome is none",
    "UPDATE targets SET outcome = 'perfect' WHERE line = 2",
    [
      sealed(2),
      "The outcome at place 2 of the chain is missing: it was recorded after that of line 1, before that of line 3",
      "The run says 2 for outcome failed, its lines add up to 1",
    ],
  ],
  [
    "a write under way is hidden",
    "UPDATE targets SET intent = NULL WHERE line = 4",
    ["Line 4 says that none of its intents is open"],
  ],
  [
    "two writes are under way",
    "UPDATE intents SET ended = NULL WHERE line = 4",
    ["Line 4 has 2 intents without an end"],
  ],
  [
    "a write was sent after one that was executed",
    "UPDATE intents SET ended = 'sent' WHERE line = 4 AND n = 1",
    ["Line 4 was sent again with intent 2, though intent 1 ended as sent"],
  ],
];
