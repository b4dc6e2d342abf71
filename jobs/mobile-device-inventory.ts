/** Which mobile devices hold a copy of which mailbox, from one listing of all devices; `exo-protocol.md` 10.14. */
import { z } from "zod";
import { defineJob } from "../src/job/index.ts";
import type { FoundRow, Row, TaskContext } from "../src/job/index.ts";
import { complete } from "./common/answers.ts";
import { LAST_COLUMNS, MAILBOX_COLUMNS, mailboxCells, mailboxWords } from "./common/cells.ts";
import { judgeBy } from "./common/rules.ts";
import { DEVICES, PROPERTIES, deviceCells, devicesOfTenant } from "./mobile-device-inventory/devices.ts";
import { RULES } from "./mobile-device-inventory/rules.ts";

export const mobileDeviceInventory = defineJob({
  name: "mobile-device-inventory",
  summary: "Lists the mobile devices that hold a copy of a mailbox, and which of them may",
  writes: false,
  params: z.strictObject({}),
  columns: [
    ...MAILBOX_COLUMNS,
    "DeviceGuid",
    "DeviceId",
    "FriendlyName",
    "Model",
    "Os",
    "DeviceType",
    "ClientType",
    "UserAgent",
    "AccessState",
    "AccessStateReason",
    "FirstSyncUtc",
    "OwnerRaw",
    ...LAST_COLUMNS,
  ],
  cmdlets: [{ cmdlet: DEVICES, role: "View-Only Organization Management", per: "tenant" }],
  naiveCallsPerTarget: 1,
  bulk: [{ name: "devices", cmdlet: DEVICES, perform: devicesOfTenant }],
  perform,
  judge: () => judgeBy(RULES),
  rules: RULES,
  headline: (row: Row) =>
    `${String(row["FriendlyName"] ?? row["DeviceId"])} of ${mailboxWords(row)} is ${String(row["AccessState"])}`,
  comparison: { key: ["DeviceGuid"], facts: ["Os", "AccessState", "AccessStateReason"] },
});

async function perform(context: TaskContext<unknown>): Promise<readonly FoundRow[]> {
  if (!context.small) return [];
  const reply = await context.read(DEVICES, { ResultSize: "Unlimited" }, { select: PROPERTIES });
  return complete(DEVICES, reply).rows.map((row) => ({
    about: context.line,
    row: { ...mailboxCells(context.mailbox), ...deviceCells(context, row, reply) },
  }));
}
