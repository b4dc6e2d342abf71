/** Changing the proxy addresses of a mailbox: one primary, and no address that leads to somebody else. */
import type { Seen } from "./columns.ts";
import { textList, updated } from "./multi-valued.ts";
import { Refusal } from "./parameters.ts";
import { type Setting, setting } from "./settings.ts";
import { text, texts } from "./wire-values.ts";

export const setAddresses: Setting = {
  parameter: "EmailAddresses",
  isMastered: true,
  change(value, { model, seen, columns }) {
    const before = columns.value(seen, "EmailAddresses");
    const own = before?.type === "strings" ? before.value : [];
    const after = updated(own, value, textList("EmailAddresses")).map((address) =>
      address.includes(":") ? address : `smtp:${address}`,
    );
    const primary = primaryOf(seen, after);
    for (const address of after) {
      const inUse = model.directory.find(address).some(({ index }) => index !== seen.recipient.index);
      if (inUse) throw new Refusal({ kind: "already-exists", subject: address });
    }
    const changes = [
      setting("EmailAddresses", texts(after)),
      setting("PrimarySmtpAddress", text(primary)),
      setting("WindowsEmailAddress", text(primary)),
    ];
    return (state) => {
      model.directory.remember(after, seen.recipient.index);
      return changes.reduce((changed, change) => change(changed), state);
    };
  },
};

function primaryOf({ recipient }: Seen, addresses: readonly string[]): string {
  const [primary, ...others] = addresses.filter((address) => address.startsWith("SMTP:"));
  if (primary !== undefined && others.length === 0) return primary.slice("SMTP:".length);
  throw new Refusal({
    kind: "validation",
    subject: "EmailAddresses",
    detail: `The proxy addresses of "${recipient.identity}" must have exactly one primary SMTP address.`,
  });
}
