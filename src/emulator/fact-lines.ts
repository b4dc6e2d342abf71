/** Answers "is this in force now" about objects of a tenant, one line each. */
import type { ObjectFacts } from "./cmdlet.ts";
import type { Tenant } from "./tenant.ts";

/** `of`: the identity asked for, or the id of an object nobody asked for by name. `found` is not 1 where the identity means no object, or several. */
export type FactsLine =
  | ({ readonly of: string; readonly found: 1 } & ObjectFacts)
  | { readonly of: string; readonly found: number };

/** @param identities in their order; absent: every object somebody has written to */
export function* factLines({ organisation }: Tenant, identities?: readonly string[]): Generator<FactsLine> {
  if (identities === undefined) {
    for (const facts of organisation.written())
      yield { of: facts.exchangeGuid || facts.objectId, found: 1, ...facts };
    return;
  }
  for (const of of identities) {
    const [facts, ...others] = organisation.factsAbout(of);
    yield facts !== undefined && others.length === 0
      ? { of, found: 1, ...facts }
      : { of, found: facts === undefined ? 0 : 1 + others.length };
  }
}
