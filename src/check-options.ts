import { TailcastError, invalidOption, typeName } from "./error.ts";

/** The range of an integer option, including both ends. */
export interface IntegerRange {
  readonly min: number;
  readonly max?: number | undefined;
  /** Whether `Infinity` ("no limit") is allowed as well. */
  readonly orInfinity?: boolean | undefined;
}

/** The longest delay of a timer: 2^31 - 1 ms, about 24.8 days. Node changes longer delays to 1 ms. */
export const MAX_DELAY = 2_147_483_647;

/** The first argument of every private constructor; see {@link checkOpened}. */
export const OPENED: unique symbol = Symbol("opened");

/**
 * Returns `value` when it is an integer inside `range`.
 *
 * @throws {TailcastError} `INVALID_OPTION`, naming the option, for everything else.
 */
export function checkInteger(name: string, value: unknown, range: IntegerRange): number {
  const { min, max = Number.MAX_SAFE_INTEGER, orInfinity = false } = range;
  if (orInfinity && value === Infinity) return Infinity;
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
  const wanted = max === Number.MAX_SAFE_INTEGER ? `an integer of at least ${min}` : `an integer from ${min} to ${max}`;
  throw invalidOption(name, `it must be ${wanted}${orInfinity ? ", or Infinity" : ""}, not ${show(value)}`);
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
  throw invalidOption(name, `it must be ${wanted}, not ${show(value)}`);
}

/** A kind of value: its description and its test. */
export interface Kind {
  readonly description: string;
  readonly includes: (value: unknown) => boolean;
}

/** Whether a value is an object in the sense of JSON: neither an array nor `null`. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Does not use `instanceof`: the signal may come from another realm or from a polyfill. */
function isAbortSignal(value: unknown): boolean {
  return isObject(value) && typeof value["aborted"] === "boolean" && typeof value["addEventListener"] === "function";
}

type KindName =
  | "abortSignal"
  | "array"
  | "boolean"
  | "fetchRequest"
  | "filledText"
  | "function"
  | "nodeRequest"
  | "nodeResponse"
  | "object"
  | "objectOrFunction"
  | "text"
  | "textOrNull";

/** Whether an object has a method with this name. It does not call the method. */
export function hasMethod(value: unknown, name: string): boolean {
  return typeof Object(value)[name] === "function";
}

function isFetchRequest(value: unknown): boolean {
  return isObject(value) && hasMethod(value["headers"], "get") && isObject(value["signal"]);
}

function isNodeRequest(value: unknown): boolean {
  return isObject(value) && isObject(value["headers"]) && isObject(value["socket"]);
}

const isText = (value: unknown): boolean => typeof value === "string";

/** The kinds for {@link checkValue}. An array does not count as an object. */
export const kinds: Readonly<Record<KindName, Kind>> = {
  abortSignal: { description: "an AbortSignal", includes: isAbortSignal },
  array: { description: "an array", includes: Array.isArray },
  boolean: { description: "true or false", includes: (value) => typeof value === "boolean" },
  fetchRequest: { description: "a Request of the Fetch standard", includes: isFetchRequest },
  filledText: { description: "a non-empty string", includes: (value) => isText(value) && value !== "" },
  function: { description: "a function", includes: (value) => typeof value === "function" },
  nodeRequest: { description: "a request of node:http or node:http2", includes: isNodeRequest },
  nodeResponse: {
    description: "a response of node:http or node:http2",
    includes: (value) => hasMethod(value, "setHeader") && hasMethod(value, "writeHead"),
  },
  object: { description: "an object", includes: isObject },
  objectOrFunction: {
    description: "an object",
    includes: (value) => typeof value === "function" || isObject(value),
  },
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
  throw invalidOption(name, `it must be ${description}, not ${(value as unknown) === "" ? '""' : typeName(value)}`);
}

/**
 * Returns `texts` when it is an array of non-empty texts. A single text would count as an array of its characters.
 *
 * @throws {TailcastError} `INVALID_OPTION`, naming the option, for everything else.
 */
export function checkTexts(name: string, texts: readonly string[]): readonly string[] {
  return checkValue(name, texts, kinds.array).map((text) => checkValue(name, text, kinds.filledText));
}

/** The names of all options of an interface. TypeScript requires each name, and accepts no other names. */
export type OptionNames<Options> = Readonly<Record<keyof Required<Options>, true>>;

/**
 * The maximum number of wrong characters in a name for which the error suggests an option. They must also be less than
 * half of the name.
 */
const MAX_TYPOS = 2;

/**
 * Refuses options that are not an object, and unknown options: in plain JavaScript, no other check reports a misspelled
 * name. An option with the value `undefined` counts as omitted.
 *
 * @throws {TailcastError} `INVALID_OPTION`, naming the option, and a similar option if there is one.
 */
export function checkNames(options: object, names: Readonly<Record<string, true>>): void {
  for (const [name, value] of Object.entries(checkValue("options", options, kinds.object))) {
    if (value === undefined || Object.hasOwn(names, name)) continue;
    const [nearest] = Object.keys(names)
      .map((known) => ({ known, typos: countTypos(name, known) }))
      .filter(({ known, typos }) => typos <= MAX_TYPOS && 2 * typos < known.length)
      .sort((a, b) => a.typos - b.typos);
    const hint = nearest === undefined ? "" : `; did you mean "${nearest.known}"?`;
    throw invalidOption(name, `there is no such option${hint}`);
  }
}

/**
 * Refuses `new` for a class that a static method opens. Its constructor is private in TypeScript, but not in plain
 * JavaScript.
 *
 * @param key - The first argument of the constructor.
 * @param name - The class and its methods, e.g. `BuildStore.open()`.
 * @throws {TailcastError} `INVALID_OPTION`
 */
export function checkOpened(key: unknown, name: string): void {
  if (key === OPENED) return;
  throw new TailcastError("INVALID_OPTION", `Cannot use this class with "new": use ${name}`);
}

/**
 * Returns the number of characters to insert, remove or replace in `name` to get `known` (the Levenshtein distance).
 */
function countTypos(name: string, known: string): number {
  if (Math.abs(name.length - known.length) > MAX_TYPOS) return Infinity;
  let row = Array.from({ length: known.length + 1 }, (_, index) => index);
  for (const [index, character] of name.split("").entries()) {
    const next = [index + 1];
    for (const [column, other] of known.split("").entries()) {
      const [diagonal = 0, above = 0] = row.slice(column);
      next.push(Math.min(above + 1, (next[column] ?? 0) + 1, diagonal + (character === other ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** Formats a value like source code: strings have quotes, so that `"5"` differs from `5`. */
function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
