import { TailcastError } from "./error.ts";

/** The range an integer option may have; both ends are allowed. */
export interface IntegerRange {
  readonly min: number;
  readonly max?: number | undefined;
  /** Whether `Infinity` ("no limit") is allowed beside the integers. */
  readonly orInfinity?: boolean | undefined;
}

/** The longest delay that timers take before they wrap around to 1 ms: 2^31 - 1 ms, about 24.8 days. */
export const MAX_DELAY = 2_147_483_647;

/**
 * Returns `value` when it is an integer inside `range`.
 *
 * @throws {TailcastError} `INVALID_OPTION`, naming the option, for everything else.
 */
export function checkInteger(name: string, value: unknown, range: IntegerRange): number {
  const { min, max = Number.MAX_SAFE_INTEGER, orInfinity = false } = range;
  if (orInfinity && value === Infinity) return Infinity;
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
  const wanted = `an integer from ${min} to ${max}${orInfinity ? ", or Infinity" : ""}`;
  throw new TailcastError(
    "INVALID_OPTION",
    `Cannot use the option "${name}": it must be ${wanted}, not ${show(value)}`,
  );
}

/**
 * Returns `value` when it is one of `choices`.
 *
 * @throws {TailcastError} `INVALID_OPTION`, naming the option, for everything else.
 */
export function checkChoice<const Choice extends string>(
  name: string,
  value: unknown,
  choices: readonly Choice[],
): Choice {
  if (choices.includes(value as Choice)) return value as Choice;
  const wanted = choices.map((choice) => `"${choice}"`).join(" or ");
  throw new TailcastError(
    "INVALID_OPTION",
    `Cannot use the option "${name}": it must be ${wanted}, not ${show(value)}`,
  );
}

/**
 * Returns `value` when it is true or false.
 *
 * @throws {TailcastError} `INVALID_OPTION`, naming the option, for everything else.
 */
export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new TailcastError(
    "INVALID_OPTION",
    `Cannot use the option "${name}": it must be true or false, not ${show(value)}`,
  );
}

/**
 * Returns `value` when it is text, and not empty.
 *
 * @throws {TailcastError} `INVALID_OPTION`, naming the option, for everything else.
 */
export function checkText(name: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw new TailcastError(
    "INVALID_OPTION",
    `Cannot use the option "${name}": it must be text, and not empty, not ${show(value)}`,
  );
}

/**
 * Returns `value` when it is an array of texts, none of them empty.
 *
 * @throws {TailcastError} `INVALID_OPTION`, naming the option, for everything else.
 */
export function checkTexts(name: string, value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map((text) => checkText(name, text));
  throw new TailcastError("INVALID_OPTION", `Cannot use the option "${name}": it must be an array, not ${show(value)}`);
}

/**
 * Returns `value` when it is a function.
 *
 * @throws {TailcastError} `INVALID_OPTION`, naming the option, for everything else.
 */
export function checkFunction<Callback>(name: string, value: Callback): Callback {
  if (typeof value === "function") return value;
  throw new TailcastError(
    "INVALID_OPTION",
    `Cannot use the option "${name}": it must be a function, not ${show(value)}`,
  );
}

/** Options as the caller wrote them, in a message: quotes around strings, so that `"5"` is not taken for `5`. */
function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
