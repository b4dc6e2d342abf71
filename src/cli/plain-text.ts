/** Text of several lines as a terminal may show it; names in Exchange are hostile. */
import { plain } from "../reports/index.ts";

export { plain };

/** Line ends stay; nothing else is run, reordered or hidden. */
export function plainLines(text: string): string {
  return text.split("\n").map(plain).join("\n");
}
