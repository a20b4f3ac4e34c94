import { TailcastError } from "../error.ts";
import { isJsonObject } from "./manifest.ts";

/** What a value must be: in words, and as a test. */
export interface Kind {
  readonly description: string;
  readonly includes: (value: unknown) => boolean;
}

type KindName = "array" | "filledText" | "function" | "object" | "text" | "textOrNull";

const isText = (value: unknown): boolean => typeof value === "string";

/** The kinds that {@link checkValue} is asked about. An array is no object here. */
export const kinds: Readonly<Record<KindName, Kind>> = {
  array: { description: "an array", includes: Array.isArray },
  filledText: { description: "a non-empty string", includes: (value) => isText(value) && value !== "" },
  function: { description: "a function", includes: (value) => typeof value === "function" },
  object: { description: "an object", includes: isJsonObject },
  text: { description: "a string", includes: isText },
  textOrNull: { description: "a string or null", includes: (value) => isText(value) || value === null },
};

/**
 * Returns `value` when it is of the kind.
 *
 * @throws {TailcastError} `INVALID_OPTION`, naming the option, for everything else.
 */
export function checkValue<Value>(name: string, value: Value, { description, includes }: Kind): Value {
  if (includes(value)) return value;
  // Of most things the type is enough: the thing itself may be long, or refuse to become text.
  const given = value === null || value === "" ? JSON.stringify(value) : Array.isArray(value) ? "array" : typeof value;
  const message = `Cannot use the option "${name}": it must be ${description}, not ${given}`;
  throw new TailcastError("INVALID_OPTION", message);
}
