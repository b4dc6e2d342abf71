/** Values as they travel: what Exchange answers, and what a cmdlet is given. */

/** A value as Exchange sent it, annotations stripped. Integers beyond 2^53 arrive as `bigint`, exact. */
export type ExoValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly ExoValue[]
  | { readonly [key: string]: ExoValue };

/** One object of a cmdlet's reply. Keys are the service's; a key may be absent, null or empty: three different things. */
export type ExoRow = { readonly [key: string]: ExoValue };

/** A parameter of a cmdlet, before encoding (`exo-protocol.md` 4.2). A `Date` is sent as UTC, a nested object as a hashtable. */
export type ParameterValue =
  | string
  | number
  | boolean
  | null
  | Date
  | readonly ParameterValue[]
  | { readonly [key: string]: ParameterValue };

export type Parameters = Readonly<Record<string, ParameterValue>>;
