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
  /** As it is shown: a word of the owner's language, or the display name of a person. */
  readonly user: string;
  /** What it is when it is for nobody in particular. */
  readonly special?: Special;
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

const LANGUAGES = [
  "en-US",
  "de-DE",
  "fr-FR",
  "es-ES",
  "pl-PL",
  "hu-HU",
] as const satisfies readonly Language[];

const TEMPLATES: readonly Template[] = [
  template(
    "Root",
    "All",
    [
      "Top of Information Store",
      "Oberste Ebene des Informationsspeichers",
      "Haut de la banque d'informations",
      "Nivel superior del almacén de información",
      "Górna część magazynu informacji",
      "Az információtároló teteje",
    ],
    "",
  ),
  template("Inbox", "Inbox", [
    "Inbox",
    "Posteingang",
    "Boîte de réception",
    "Bandeja de entrada",
    "Skrzynka odbiorcza",
    "Beérkezett üzenetek",
  ]),
  template(
    "Calendar",
    "Calendar",
    ["Calendar", "Kalender", "Calendrier", "Calendario", "Kalendarz", "Naptár"],
    "IPF.Appointment",
  ),
  template(
    "User Created",
    "Calendar",
    ["Birthdays", "Geburtstage", "Anniversaires", "Cumpleaños", "Urodziny", "Születésnapok"],
    "IPF.Appointment.Birthday",
    "Calendar",
  ),
  template(
    "User Created",
    "Calendar",
    ["Holidays", "Feiertage", "Jours fériés", "Días festivos", "Święta", "Ünnepnapok"],
    "IPF.Appointment",
    "Calendar",
  ),
  template(
    "Contacts",
    "Contacts",
    ["Contacts", "Kontakte", "Contacts", "Contactos", "Kontakty", "Névjegyek"],
    "IPF.Contact",
  ),
  template("DeletedItems", "DeletedItems", [
    "Deleted Items",
    "Gelöschte Elemente",
    "Éléments supprimés",
    "Elementos eliminados",
    "Elementy usunięte",
    "Törölt elemek",
  ]),
  template("Drafts", "Drafts", [
    "Drafts",
    "Entwürfe",
    "Brouillons",
    "Borradores",
    "Wersje robocze",
    "Piszkozatok",
  ]),
  template("JunkEmail", "JunkEmail", [
    "Junk Email",
    "Junk-E-Mail",
    "Courrier indésirable",
    "Correo no deseado",
    "Wiadomości-śmieci",
    "Levélszemét",
  ]),
  template(
    "Journal",
    "Journal",
    ["Journal", "Journal", "Journal", "Diario", "Dziennik", "Napló"],
    "IPF.Journal",
  ),
  template(
    "Notes",
    "Notes",
    ["Notes", "Notizen", "Notes", "Notas", "Notatki", "Feljegyzések"],
    "IPF.StickyNote",
  ),
  template("Outbox", "Outbox", [
    "Outbox",
    "Postausgang",
    "Boîte d'envoi",
    "Bandeja de salida",
    "Skrzynka nadawcza",
    "Postázandó üzenetek",
  ]),
  template("SentItems", "SentItems", [
    "Sent Items",
    "Gesendete Elemente",
    "Éléments envoyés",
    "Elementos enviados",
    "Elementy wysłane",
    "Elküldött elemek",
  ]),
  template("Tasks", "Tasks", ["Tasks", "Aufgaben", "Tâches", "Tareas", "Zadania", "Feladatok"], "IPF.Task"),
  template("Archive", "Archive", ["Archive", "Archiv", "Archive", "Archivo", "Archiwum", "Archívum"]),
  template("User Created", "Personal", [
    "Projects",
    "Projekte",
    "Projets",
    "Proyectos",
    "Projekty",
    "Projektek",
  ]),
  template(
    "User Created",
    "Personal",
    [
      "R&D \\ <b>2024</b>",
      'Räume | "Pläne"',
      "=1+1",
      'Año: "2024"; ¿y?',
      "@SUM(1;2)",
      "+Ötletek és 'tervek'",
    ],
    "IPF.Note",
    "Inbox",
  ),
  // Exchange's own words for these are English everywhere.
  template("RecoverableItemsRoot", "RecoverableItems", ["Recoverable Items"], ""),
  template("RecoverableItemsDeletions", "RecoverableItems", ["Deletions"], "", "RecoverableItemsRoot"),
  template("RecoverableItemsPurges", "RecoverableItems", ["Purges"], "", "RecoverableItemsRoot"),
];

/** Entries that stand on every folder, and are for nobody in particular. */
export type Special = "Default" | "Anonymous";

/** What they are called in the owner's language; the cmdlets take the English words, too. */
const SPECIALS: Readonly<Record<Language, Readonly<Record<Special, string>>>> = {
  "en-US": { Default: "Default", Anonymous: "Anonymous" },
  "de-DE": { Default: "Standard", Anonymous: "Anonym" },
  "fr-FR": { Default: "Par défaut", Anonymous: "Anonyme" },
  "es-ES": { Default: "Predeterminado", Anonymous: "Anónimo" },
  "pl-PL": { Default: "Domyślne", Anonymous: "Anonimowe" },
  "hu-HU": { Default: "Alapértelmezett", Anonymous: "Névtelen" },
};

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
      ...specialEntry(recipient, "Default"),
      rights: [isOpen ? "Reviewer" : isCalendar ? "AvailabilityOnly" : "None"],
      flags: null,
    },
    {
      ...specialEntry(recipient, "Anonymous"),
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
  const group = groupOn(recipient, nth, isCalendar);
  if (group !== undefined)
    entries.push({
      user: group.displayName,
      index: group.index,
      rights: pick(DELEGATE_RIGHTS, draw >>> 9),
      flags: null,
    });
  return entries;
}

/** A security group that has an entry on a folder: on one calendar of twenty, and on few other folders. */
function groupOn(recipient: Recipient, nth: number, isCalendar: boolean): Recipient | undefined {
  const { plan } = recipient;
  const draw = plan.draws.details(recipient.index, 6000 + nth);
  const group = happens(draw, isCalendar ? 50 : 5)
    ? plan.census.pick(plan.census.range("mail-security"), draw >>> 10)
    : undefined;
  return group === undefined ? undefined : recipient.sibling(group);
}

function specialEntry(recipient: Recipient, special: Special): Pick<FolderEntry, "user" | "special"> {
  return { user: SPECIALS[languageOf(recipient)][special], special };
}

/** The special entry a caller means, in English or in the owner's language. */
export function specialNamed(
  recipient: Recipient,
  user: string,
): Pick<FolderEntry, "user" | "special"> | undefined {
  return (["Anonymous", "Default"] as const)
    .filter((special) =>
      [special, SPECIALS[languageOf(recipient)][special]].some((word) => isSame(word, user)),
    )
    .map((special) => specialEntry(recipient, special))[0];
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** @param names in the order of `LANGUAGES`; the first where there is no other */
function template(
  type: string,
  scope: string,
  names: readonly [string, ...string[]],
  containerClass = "IPF.Note",
  parent?: string,
): Template {
  const [english] = names;
  const byLanguage = LANGUAGES.map((language, place) => [language, names[place] ?? english] as const);
  return {
    type,
    scope,
    names: Object.fromEntries(byLanguage) as Record<Language, string>,
    containerClass,
    ...(parent !== undefined && { parent }),
  };
}
