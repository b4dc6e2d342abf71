/** Small checks for JSON from outside: each answers what is wrong, with its place; nothing when all is well. */

export type Check = (value: unknown, path: string) => string[];
type Fields = Readonly<Record<string, Check>>;

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const number =
  (min = 0, max = Number.POSITIVE_INFINITY): Check =>
  (value, path) =>
    typeof value === "number" && value >= min && value <= max
      ? []
      : [
          `${path}: expected a number ${max === Number.POSITIVE_INFINITY ? `from ${min}` : `from ${min} to ${max}`}`,
        ];
export const boolean: Check = (value, path) =>
  typeof value === "boolean" ? [] : [`${path}: expected true or false`];
export const text: Check = (value, path) => (typeof value === "string" ? [] : [`${path}: expected a text`]);
export const oneOf =
  (...values: readonly unknown[]): Check =>
  (value, path) =>
    values.includes(value)
      ? []
      : [`${path}: expected ${values.map((known) => JSON.stringify(known)).join(" or ")}`];
export const either =
  (first: Check, second: Check): Check =>
  (value, path) =>
    first(value, path).length === 0 ? [] : second(value, path);
export const orNull =
  (check: Check): Check =>
  (value, path) =>
    value === null ? [] : check(value, path);
export const listOf =
  (check: Check): Check =>
  (value, path) =>
    Array.isArray(value)
      ? value.flatMap((item, index) => check(item, `${path}[${index}]`))
      : [`${path}: expected a list`];
export const eachOf =
  (check: Check): Check =>
  (value, path) =>
    isObject(value)
      ? Object.entries(value).flatMap(([key, item]) => check(item, `${path}.${key}`))
      : [`${path}: expected an object`];
export const object =
  (required: Fields, optional: Fields = {}): Check =>
  (value, path) => {
    if (!isObject(value)) return [`${path}: expected an object`];
    const missing = Object.keys(required)
      .filter((key) => !(key in value))
      .map((key) => `${path}.${key}: missing`);
    const wrong = Object.entries(value).flatMap(([key, item]) => {
      const check = required[key] ?? optional[key];
      if (!check) return [`${path}.${key}: unknown`];
      return item === undefined ? [] : check(item, `${path}.${key}`);
    });
    return [...missing, ...wrong];
  };
