import { expect, test } from "vitest";
import { protocolsSweep } from "../../jobs/protocols-sweep.ts";
import type { Row } from "../../src/job/index.ts";
import { organisation, runEmulated } from "../support/emulated-run.ts";
import { findingsOf } from "../support/findings.ts";
import { aMailbox, performBulk } from "../support/perform-job.ts";

const word = (on: boolean): string => (on ? "on" : "off");

test.each([
  ["a large run", 5_000, 0],
  ["a small run", 90, 100],
])("%s finds exactly the protocols of the emulator's mailboxes", async (_how, mailboxes, smallScope) => {
  const emulated = organisation(mailboxes);
  const { rows, calls } = await runEmulated(protocolsSweep, emulated, { smallScope });
  const truth = [...emulated.mailboxFacts()].map(({ mailboxGuid, pop, imap, ews, activeSync }) =>
    [mailboxGuid, word(pop), word(imap), ews === null ? "unset" : word(ews), word(activeSync)].join(" "),
  );
  const found = rows.map(({ row }) =>
    [row["MailboxId"], row["Pop"], row["Imap"], row["Ews"], row["ActiveSync"]].join(" "),
  );
  expect(found.toSorted()).toEqual(truth.toSorted());
  expect(calls.get("Get-CASMailbox")).toBe(smallScope > 0 ? mailboxes : 1);
});

test.each([
  [null, null, "unset", "unknown"],
  [true, null, "on", "on"],
  [null, "True", "unset", "on"],
  [true, false, "on", "off"],
  [false, true, "off", "off"],
])("EWS %j in a tenant with %j is %s, so it is %s", async (own, tenant, state, effective) => {
  const { rows } = await performBulk(protocolsSweep, "protocols", {
    manifest: [aMailbox()],
    pages: () => [[{ Guid: aMailbox().guid, EwsEnabled: own, PopEnabled: "True" }]],
    answer: () => [{ EwsEnabled: tenant }],
  });
  expect(rows[0]?.row).toMatchObject({ Ews: state, EwsEffective: effective, Pop: "on", Imap: "off" });
});

const ROW: Row = {
  Pop: "off",
  Imap: "off",
  EwsEffective: "off",
  ActiveSync: "off",
  ReadAtUtc: "2026-05-04T03:02:01.000Z",
};
const LATER = { ReadAtUtc: "2027-04-01T00:00:00.000Z" };

test.each<[Row, string, string]>([
  [{}, "pop,imap,ews,activesync", ""],
  [{ Pop: "on", Imap: "on" }, "pop,imap", "medium pop-on imap-on"],
  [{ Pop: "on", Imap: "on", EwsEffective: "on", ActiveSync: "on" }, "imap", "medium imap-on"],
  [{ EwsEffective: "on" }, "ews", "high ews-on"],
  [{ EwsEffective: "on", ...LATER }, "ews", "medium ews-left-on"],
  [{ EwsEffective: "on" }, "pop", ""],
  [{ EwsEffective: "unknown" }, "ews", "unknown ews-unset"],
  [{ EwsEffective: "off", ...LATER }, "ews", ""],
  [{ ActiveSync: "on" }, "activesync", "medium activesync-on"],
  [{ ActiveSync: "on" }, "pop", ""],
])("%j where %s are forbidden is judged as %j", (row, forbidden, finding) => {
  expect(findingsOf(protocolsSweep, { ...ROW, ...row }, { forbidden })).toBe(finding);
});

test("ActiveSync is forbidden only to those who say so", () => {
  expect(findingsOf(protocolsSweep, { ...ROW, ActiveSync: "on", Pop: "on" })).toBe("medium pop-on");
});

test("a headline names the protocols that are on", () => {
  const row = { ...ROW, MailboxPrimarySmtp: "a@x.example" };
  expect(protocolsSweep.headline?.({ ...row, Pop: "on", EwsEffective: "on" })).toBe(
    "a@x.example can be reached by POP, EWS",
  );
  expect(protocolsSweep.headline?.(row)).toBe("a@x.example can be reached by none of the older protocols");
});
