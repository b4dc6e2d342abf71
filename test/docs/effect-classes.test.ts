import { describe, expect, test } from "vitest";
import { recipeFor } from "../../src/changes/recipe-for.ts";
import { type Effect, EFFECTS, effectOf, settingsOf, type WriteEntry } from "../../src/exo/index.ts";
import type { Mailbox, Parameters, ParameterValue } from "../../src/job/index.ts";
import { page, section } from "./pages.ts";

const MAILBOX: Mailbox = {
  id: "11111111-0000-4000-8000-000000000001",
  objectId: "22222222-0000-4000-8000-000000000002",
  type: "user",
  primarySmtp: "anna@contoso.example",
  displayName: "Anna",
  userPrincipalName: "anna@contoso.example",
  name: "anna",
  alias: "anna",
  identity: "anna",
  distinguishedName: "CN=anna",
  guid: "33333333-0000-4000-8000-000000000003",
};

/** One write of each cmdlet that is looked at by a recipe of its own. */
const SAMPLES: Readonly<Record<string, Parameters>> = {
  "Add-MailboxPermission": { User: "b", AccessRights: "FullAccess" },
  "Remove-MailboxPermission": { User: "b", AccessRights: "FullAccess" },
  "Add-RecipientPermission": { Trustee: "b", AccessRights: "SendAs" },
  "Remove-RecipientPermission": { Trustee: "b", AccessRights: "SendAs" },
  "Add-MailboxFolderPermission": { User: "b", AccessRights: "Reviewer" },
  "Set-MailboxFolderPermission": { User: "b", AccessRights: "Reviewer" },
  "Remove-MailboxFolderPermission": { User: "b" },
  "Add-DistributionGroupMember": { Identity: "g" },
  "Remove-DistributionGroupMember": { Identity: "g" },
  "New-InboxRule": { Name: "r" },
  "Enable-InboxRule": { Identity: "r" },
  "Disable-InboxRule": { Identity: "r" },
  "Remove-InboxRule": { Identity: "r" },
  "New-MoveRequest": { BatchName: "w" },
  "Enable-Mailbox": { Archive: true },
  "Disable-Mailbox": {},
  "Remove-Mailbox": {},
};

/** A value of each kind that can be compared. */
const VALUES: Readonly<Record<string, ParameterValue>> = {
  flag: true,
  word: "a",
  text: "a",
  size: "1 MB",
  number: 1,
  people: "b",
};

const AFTER: Readonly<Record<Effect, readonly [seen: string, unseen: string]>> = {
  read: ["", ""],
  absolute: ["as wanted: done; as before: sent again; else: conflict", "unresolved"],
  convergent: ["as wanted: done; as before: sent again; else: unresolved", "unresolved"],
  create: ["found: done; not found: sent again; two found: conflict", "unresolved"],
  once: [
    "as wanted: done; as before: failed; else: unresolved; never sent again",
    "unresolved, never sent again",
  ],
};

function sampleOf({ cmdlet }: WriteEntry): Parameters | undefined {
  const settings = Object.entries(settingsOf(cmdlet)?.settings ?? {});
  const [name, kind] = settings.find(([, kind]) => kind in VALUES) ?? [];
  return (
    SAMPLES[cmdlet] ??
    (name === undefined || kind === undefined ? undefined : { [name]: VALUES[kind] ?? null })
  );
}

function looksOf(entry: WriteEntry): readonly string[] {
  const parameters = sampleOf(entry) ?? { Name: "x" };
  const looks = recipeFor({ cmdlet: entry.cmdlet, parameters }, MAILBOX)?.looks ?? [];
  return [...new Set(looks.map(({ cmdlet }) => cmdlet))];
}

function line(entry: WriteEntry): string {
  const looks = looksOf(entry);
  const marker = entry.marker === undefined ? "" : `, named by \`${entry.marker}\``;
  const shown = looks.length === 0 ? "not at all" : looks.map((cmdlet) => `\`${cmdlet}\``).join(", ");
  return `| \`${entry.cmdlet}\` | ${entry.effect}${marker} | ${shown} | ${AFTER[entry.effect][looks.length === 0 ? 1 : 0]} |`;
}

function onceLines({ cmdlet, once = {} }: WriteEntry): readonly string[] {
  return Object.entries(once).map(([parameter, why]) => `| \`${cmdlet}\` | \`${parameter}\` | ${why} |`);
}

describe("docs/guides/effect-classes.md", () => {
  const guide = page("docs/guides/effect-classes.md");
  const rowsOf = (heading: string): readonly string[] =>
    section(guide, heading)
      .split("\n")
      .filter((row) => row.startsWith("| `"));
  const entries = EFFECTS.toSorted((one, other) => (one.cmdlet < other.cmdlet ? -1 : 1));

  test("has a line for every cmdlet of the table, with its class, its looks and what follows", () => {
    expect(rowsOf("## Every write")).toEqual(entries.map(line));
  });

  test("has a line for every parameter that makes a write happen once", () => {
    expect(rowsOf("## Parameters that change the class")).toEqual(entries.flatMap(onceLines));
  });

  test("knows every recipe there is", () => {
    const looked = entries.filter((entry) => looksOf(entry).length > 0).map(({ cmdlet }) => cmdlet);
    const shown = entries.filter(({ cmdlet }) => settingsOf(cmdlet)?.shownBy !== undefined);
    expect(looked.toSorted()).toEqual([...Object.keys(SAMPLES), ...shown.map(({ cmdlet }) => cmdlet)].sort());
    for (const entry of entries.filter(({ cmdlet }) => looked.includes(cmdlet)))
      expect(effectOf(entry.cmdlet, sampleOf(entry) ?? {})).toBe(entry.effect);
  });
});
