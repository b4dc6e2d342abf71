/** Where a secret is found. A settings file says only this, and never the secret itself. */
import { z } from "zod";

/** The name of an environment variable. */
export const environmentName = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_]{0,127}$/,
    "expected the name of an environment variable, never the secret itself",
  );

/** `{ env: NAME }` or `{ file: PATH }`. @param what it is, for messages: `the secret` */
export function secretSource(what: string) {
  const error = `expected { env: NAME } or { file: PATH } with the place of ${what}, never ${what} itself`;
  return z
    .strictObject(
      { env: environmentName.optional(), file: z.string().min(1).optional() },
      { error: (issue) => (issue.code === "invalid_type" ? error : undefined) },
    )
    .refine(({ env, file }) => (env === undefined) !== (file === undefined), { error });
}
