/** Parameters as a command line gives them: lists with commas, numbers as text. */
import { z } from "zod";

/** A list, or its values in one text with commas. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.preprocess(
    (value) => (typeof value === "string" ? value.split(",").map((part) => part.trim()) : value),
    z.array(item),
  );
}

/** A number, also when it comes as text. */
export function numberOf(number: z.ZodNumber) {
  return z.preprocess(
    (value) => (typeof value === "string" && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value),
    number,
  );
}
