/** What deserves a look about folders (`peers.md` 3a and 3c, SW10), and how much. Pure. */
import type { Row } from "../../src/job/index.ts";
import { JOINT, UNKNOWN } from "../common/cells.ts";
import type { Rule } from "../common/rules.ts";

/** What can be seen of a calendar, less before more; every other right is more than all of them. */
export const LEVELS = ["None", "AvailabilityOnly", "LimitedDetails", "Reviewer"] as const;
export type Level = (typeof LEVELS)[number];

const isCalendar = (row: Row): boolean => /calendar/i.test(String(row["FolderType"]));
const isMail = (row: Row): boolean => /^(root|inbox)$/i.test(String(row["FolderType"]));
const is = (row: Row, ...classes: readonly string[]): boolean => classes.includes(String(row["UserClass"]));
const grants = (row: Row): boolean => row["AccessRights"] !== "None";

/** @param level what everybody in the tenant may see of a calendar */
export function rulesFor(level: Level): readonly Rule[] {
  return [
    {
      id: "everybody-reads-mail",
      severity: "critical",
      why: "everybody in the tenant, or anybody at all, can open the inbox or the top of the mailbox",
      fires: (row) => is(row, "default", "anonymous") && isMail(row) && grants(row),
    },
    {
      id: "everybody-opens-folder",
      severity: "medium",
      why: "everybody in the tenant, or anybody at all, can open this folder",
      fires: (row) => is(row, "default", "anonymous") && !isMail(row) && !isCalendar(row) && grants(row),
    },
    {
      id: "calendar-above-policy",
      severity: "medium",
      why: "everybody in the tenant sees more of this calendar than the policy allows",
      parameters: ["calendarLevel"],
      fires: (row) => is(row, "default") && isCalendar(row) && levelOf(row) > LEVELS.indexOf(level),
    },
    {
      id: "calendar-open-to-anybody",
      severity: "medium",
      why: "people outside the tenant, whoever they are, can see this calendar",
      fires: (row) => is(row, "anonymous") && isCalendar(row) && grants(row),
    },
    {
      id: "external-sharing",
      severity: "medium",
      why: "somebody outside the tenant can open this folder",
      fires: (row) => is(row, "external") && grants(row),
    },
    {
      id: "guests-through-group",
      severity: "medium",
      why: "somebody outside the tenant can open this folder by a group, which nobody sees at the folder",
      fires: (row, reach) => is(row, "group") && grants(row) && reach !== undefined && reach.guests > 0,
    },
    {
      id: "group-members-unknown",
      severity: UNKNOWN,
      why: "a group can open this folder, and not all of the people it brings in are known",
      fires: (row, reach) =>
        is(row, "group") && grants(row) && (reach === undefined || reach.gap !== undefined),
    },
    {
      id: "user-unresolved",
      severity: UNKNOWN,
      why: "who this entry is for could not be found out: nobody has the name, or several have",
      fires: (row) => is(row, "unresolved") && grants(row),
    },
    {
      id: "orphan-entry",
      severity: "low",
      why: "an account that no longer exists keeps an entry",
      fires: (row) => is(row, "orphan-sid"),
    },
    {
      id: "sees-private-items",
      severity: "low",
      why: "a delegate sees appointments that are marked private",
      fires: (row) => /CanViewPrivateItems/i.test(String(row["SharingPermissionFlags"] ?? "")),
    },
  ];
}

function levelOf(row: Row): number {
  const levels = String(row["AccessRights"])
    .split(JOINT)
    .map((right) => LEVELS.findIndex((level) => level === right));
  return levels.includes(-1) ? LEVELS.length : Math.max(...levels);
}
