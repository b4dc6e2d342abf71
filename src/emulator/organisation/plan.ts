/** What every part of the organisation is worked out from: seed, sizes, ids, names and draws. */
import { Census } from "./census.ts";
import { DisplayNames } from "./display-names.ts";
import { Ids } from "./ids.ts";
import type { QuirkSwitch } from "./quirks.ts";
import { type Draw, drawsFor } from "./random.ts";

export interface PlanOptions {
  readonly tenantId: string;
  readonly domain: string;
  readonly mailboxes: number;
  readonly seed: number;
  readonly legacy: boolean;
  readonly quirk: QuirkSwitch;
}

export interface Plan {
  readonly options: PlanOptions;
  readonly quirk: QuirkSwitch;
  readonly census: Census;
  readonly ids: Ids;
  readonly displayNames: DisplayNames;
  readonly domains: {
    readonly initial: string;
    readonly main: string;
    readonly second: string;
    readonly international: string;
  };
  /** Name of Microsoft's forest, as in `EURPR05A003\Administrator`. */
  readonly forest: string;
  readonly forestDns: string;
  readonly organisationDn: string;
  readonly draws: Readonly<Record<"address" | "name" | "domain" | "origin" | "grants" | "details", Draw>>;
}

export function createPlan(options: PlanOptions): Plan {
  const { seed, domain, mailboxes, quirk } = options;
  const census = new Census(mailboxes, seed);
  const label = domain.split(".")[0] ?? domain;
  const forest = "EURPR05A003";
  return {
    options,
    quirk,
    census,
    ids: new Ids(seed, census.size),
    displayNames: new DisplayNames(seed, () => quirk("hostile-names")),
    domains: {
      initial: domain,
      main: `${label}.example`,
      second: `mail.${label}.example`,
      international: "xn--bcher-kva.example",
    },
    forest,
    forestDns: `${forest}.PROD.OUTLOOK.COM`,
    organisationDn: `OU=${domain},OU=Microsoft Exchange Hosted Organizations,DC=${forest},DC=PROD,DC=OUTLOOK,DC=COM`,
    draws: {
      address: drawsFor(seed, "address"),
      name: drawsFor(seed, "name"),
      domain: drawsFor(seed, "domain"),
      origin: drawsFor(seed, "origin"),
      grants: drawsFor(seed, "grants"),
      details: drawsFor(seed, "details"),
    },
  };
}
