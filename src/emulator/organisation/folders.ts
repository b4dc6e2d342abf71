/** The folders of a mailbox, in the language of its owner, and who may open them when nobody has written anything yet. */
import { type Language, detail, itemBytes, itemCount, languageOf } from "./details.ts";
import { drawsFor, happens, pick } from "./random.ts";
import type { Recipient } from "./recipient.ts";

export interface Folder {
  /** FolderType of a row: `Calendar`, `User Created`. */
  readonly type: string;
  /** Member of the FolderScope enum the folder belongs to. */
  readonly scope: string;
  readonly name: string;
  /** With slashes: `/Kalender/Feiertage`. */
  readonly path: string;
  readonly id: string;
  readonly containerClass: string;
  readonly items: number;
  readonly bytes: number;
}

export interface FolderEntry {
  /** `Default`, `Anonymous`, or the display name of a person. */
  readonly user: string;
  /** Number of the person in the directory. */
  readonly index?: number;
  readonly rights: readonly string[];
  readonly flags: string | null;
}

interface Template {
  readonly type: string;
  readonly scope: string;
  readonly names: Readonly<Record<Language, string>>;
  readonly containerClass: string;
  readonly parent?: string;
}

const TEMPLATES: readonly Template[] = [
  template(
    "Root",
    "All",
    "Top of Information Store",
    "Oberste Ebene des Informationsspeichers",
    "Haut de la banque d'informations",
    "",
  ),
  template("Inbox", "Inbox", "Inbox", "Posteingang", "Boîte de réception"),
  template("Calendar", "Calendar", "Calendar", "Kalender", "Calendrier", "IPF.Appointment"),
  template(
    "User Created",
    "Calendar",
    "Birthdays",
    "Geburtstage",
    "Anniversaires",
    "IPF.Appointment.Birthday",
    "Calendar",
  ),
  template(
    "User Created",
    "Calendar",
    "Holidays",
    "Feiertage",
    "Jours fériés",
    "IPF.Appointment",
    "Calendar",
  ),
  template("Contacts", "Contacts", "Contacts", "Kontakte", "Contacts", "IPF.Contact"),
  template("DeletedItems", "DeletedItems", "Deleted Items", "Gelöschte Elemente", "Éléments supprimés"),
  template("Drafts", "Drafts", "Drafts", "Entwürfe", "Brouillons"),
  template("JunkEmail", "JunkEmail", "Junk Email", "Junk-E-Mail", "Courrier indésirable"),
  template("Journal", "Journal", "Journal", "Journal", "Journal", "IPF.Journal"),
  template("Notes", "Notes", "Notes", "Notizen", "Notes", "IPF.StickyNote"),
  template("Outbox", "Outbox", "Outbox", "Postausgang", "Boîte d'envoi"),
  template("SentItems", "SentItems", "Sent Items", "Gesendete Elemente", "Éléments envoyés"),
  template("Tasks", "Tasks", "Tasks", "Aufgaben", "Tâches", "IPF.Task"),
  template("Archive", "Archive", "Archive", "Archiv", "Archive"),
  template("User Created", "Personal", "Projects", "Projekte", "Projets"),
  template("User Created", "Personal", "R&D \\ <b>2024</b>", 'Räume | "Pläne"', "=1+1", "IPF.Note", "Inbox"),
  template(
    "RecoverableItemsRoot",
    "RecoverableItems",
    "Recoverable Items",
    "Recoverable Items",
    "Recoverable Items",
    "",
  ),
  template(
    "RecoverableItemsDeletions",
    "RecoverableItems",
    "Deletions",
    "Deletions",
    "Deletions",
    "",
    "RecoverableItemsRoot",
  ),
  template(
    "RecoverableItemsPurges",
    "RecoverableItems",
    "Purges",
    "Purges",
    "Purges",
    "",
    "RecoverableItemsRoot",
  ),
];

const DELEGATE_RIGHTS = [["Editor"], ["Reviewer"], ["Author"], ["LimitedDetails"], ["PublishingEditor"]];

/** The folders of one mailbox; the default calendar comes before its sub-calendars. */
export function foldersOf(recipient: Recipient): Folder[] {
  const language = languageOf(recipient);
  const ids = drawsFor(recipient.plan.options.seed, "folder id");
  const share = itemCount(recipient) / TEMPLATES.length;
  const bytesEach = itemCount(recipient) === 0 ? 0 : itemBytes(recipient) / itemCount(recipient);
  return TEMPLATES.map(({ type, scope, names, containerClass, parent }, nth) => {
    const above = TEMPLATES.find((other) => other.type === parent)?.names[language];
    const items = Math.floor((share * (detail(recipient, "sizes", nth) % 200)) / 100);
    const parts = Array.from({ length: 8 }, (_, part) => ids(recipient.index, 8 * nth + part));
    return {
      type,
      scope,
      name: names[language],
      path:
        type === "Root"
          ? `/${names[language]}`
          : [above, names[language]].map((step) => step && `/${step}`).join(""),
      id: `LgAAAA${Buffer.from(Uint32Array.from(parts).buffer).toString("base64url")}AAAB`,
      containerClass,
      items,
      bytes: Math.floor(items * bytesEach),
    };
  });
}

/** What a caller named after the colon: `\Kalender\Feiertage`, a folder id, or nothing for the root. */
export function findFolder(recipient: Recipient, words: string): Folder | undefined {
  const folders = foldersOf(recipient);
  if (words === "" || words === "\\") return folders.find(({ type }) => type === "Root");
  const path = words.replaceAll("\\", "/").toLowerCase();
  return folders.find(
    (folder) => folder.id === words || folder.path.replaceAll("\\", "/").toLowerCase() === path,
  );
}

export function folderEntriesOf(recipient: Recipient, folder: Folder): FolderEntry[] {
  const nth = TEMPLATES.findIndex(({ names }) => names[languageOf(recipient)] === folder.name);
  const draw = recipient.plan.draws.details(recipient.index, 5000 + nth);
  const isCalendar = folder.type === "Calendar";
  const isOpen = isCalendar && happens(draw, 60);
  const entries: FolderEntry[] = [
    {
      user: "Default",
      rights: [isOpen ? "Reviewer" : isCalendar ? "AvailabilityOnly" : "None"],
      flags: null,
    },
    {
      user: "Anonymous",
      rights: [isCalendar && happens(draw >>> 8, 10) ? "LimitedDetails" : "None"],
      flags: null,
    },
  ];
  const isShared = isCalendar ? happens(draw >>> 4, 300) : folder.type === "Inbox" && happens(draw >>> 4, 40);
  const index = recipient.plan.census.pick(recipient.plan.census.mailboxes, draw >>> 3);
  if (isShared && index !== undefined && index !== recipient.index)
    entries.push({
      user: recipient.sibling(index).displayName,
      index,
      rights: pick(DELEGATE_RIGHTS, draw >>> 6),
      flags: isCalendar && happens(draw >>> 5, 200) ? "Delegate" : null,
    });
  return entries;
}

function template(
  type: string,
  scope: string,
  english: string,
  german: string,
  french: string,
  containerClass = "IPF.Note",
  parent?: string,
): Template {
  const names = { "en-US": english, "de-DE": german, "fr-FR": french };
  return { type, scope, names, containerClass, ...(parent !== undefined && { parent }) };
}
