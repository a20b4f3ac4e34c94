/** A version of Semantic Versioning. Its build metadata does not count. */
export interface Version {
  readonly numbers: Numbers;
  /** The identifiers behind the dash; empty for a release. */
  readonly prerelease: readonly string[];
}

/** Major, minor and patch. */
type Numbers = readonly [number, number, number];

type Operator = "<" | "<=" | ">" | ">=" | "=";

interface Comparator {
  readonly operator: Operator;
  readonly version: Version;
}

/** Alternatives, each of which is a list of conditions. */
export type Range = readonly (readonly Comparator[])[];

/** A version whose last parts can be missing. */
interface Partial {
  readonly major: number | undefined;
  readonly minor: number | undefined;
  readonly patch: number | undefined;
  readonly prerelease: readonly string[];
}

/** A longer text is neither a version nor a range. */
const MAX_LENGTH = 256;

const NUMBER = String.raw`(0|[1-9]\d{0,14})`;
const PART = String.raw`(0|[1-9]\d{0,14}|[xX*])`;
const IDENTIFIER = String.raw`(?:0|[1-9]\d{0,14}|\d*[A-Za-z-][\dA-Za-z-]*)`;
const TAIL = String.raw`(?:-(${IDENTIFIER}(?:\.${IDENTIFIER})*))?(?:\+[\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*)?`;
const PARTIAL = String.raw`[v=]*\s*${PART}(?:\.${PART}(?:\.${PART}${TAIL})?)?`;

const VERSION = new RegExp(String.raw`^[v=]*\s*${NUMBER}\.${NUMBER}\.${NUMBER}${TAIL}$`);
const COMPARATOR = new RegExp(String.raw`\s*(>=|<=|>|<|~>|~|\^|)\s*${PARTIAL}(?=\s|$)\s*`, "y");
const HYPHEN = new RegExp(String.raw`^\s*${PARTIAL}\s+-\s+${PARTIAL}\s*$`);

/** Reads a version; `undefined` when the text is something else. */
export function parseVersion(text: string): Version | undefined {
  const match = text.length > MAX_LENGTH ? null : VERSION.exec(text.trim());
  if (match === null) return undefined;
  const [, major, minor, patch, prerelease] = match;
  return { numbers: [Number(major), Number(minor), Number(patch)], prerelease: prerelease?.split(".") ?? [] };
}

/**
 * Reads a range as npm does (node-semver, without its options): `>=20 <23`, `^20.1`, `~20.1.0`, `20.x`, `18 - 20`, and
 * alternatives with `||`. An empty text stands for every version.
 *
 * @returns `undefined` when the text is something else.
 */
export function parseRange(text: string): Range | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const alternatives = text.split("||").map(parseAlternative);
  return alternatives.every((alternative) => alternative !== undefined) ? alternatives : undefined;
}

/** Whether a version is in a range. A prerelease is only in a range that names a prerelease of the same numbers. */
export function satisfies(version: Version, range: Range): boolean {
  return range.some((comparators) => {
    const isNamed = comparators.some(({ version: { numbers, prerelease } }) => {
      return prerelease.length > 0 && numbers.every((number, index) => number === version.numbers[index]);
    });
    return (version.prerelease.length === 0 || isNamed) && comparators.every((comparator) => fits(version, comparator));
  });
}

/** The order of two versions, as a function for `sort`. */
export function compareVersions(one: Version, other: Version): number {
  for (const [index, number] of one.numbers.entries()) {
    const difference = number - (other.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  // A release follows its prereleases.
  if (one.prerelease.length === 0 || other.prerelease.length === 0) {
    return other.prerelease.length - one.prerelease.length;
  }
  for (const [index, identifier] of one.prerelease.entries()) {
    const difference = compareIdentifiers(identifier, other.prerelease[index]);
    if (difference !== 0) return difference;
  }
  return one.prerelease.length - other.prerelease.length;
}

/** Numbers come before words. */
function compareIdentifiers(one: string, other: string | undefined): number {
  if (other === undefined) return 1;
  const [first, second] = [/^\d+$/.test(one), /^\d+$/.test(other)];
  if (first && second) return Number(one) - Number(other);
  if (first !== second) return first ? -1 : 1;
  return one === other ? 0 : one < other ? -1 : 1;
}

function fits(version: Version, { operator, version: limit }: Comparator): boolean {
  const order = compareVersions(version, limit);
  if (order === 0) return operator.includes("=");
  return operator.startsWith(order < 0 ? "<" : ">");
}

function parseAlternative(text: string): readonly Comparator[] | undefined {
  const hyphen = HYPHEN.exec(text);
  if (hyphen !== null) {
    return [...lowerLimit(readPartial(hyphen.slice(1, 5))), ...upperLimit(readPartial(hyphen.slice(5, 9)))];
  }
  const comparators: Comparator[] = [];
  const pattern = new RegExp(COMPARATOR);
  while (pattern.lastIndex < text.length && text.slice(pattern.lastIndex).trim() !== "") {
    const match = pattern.exec(text);
    if (match === null) return undefined;
    const [, operator = "", ...parts] = match;
    comparators.push(...expand(operator, readPartial(parts)));
  }
  return comparators;
}

/** A part behind a missing one does not count. */
function readPartial([majorText, minorText, patchText, tail]: readonly (string | undefined)[]): Partial {
  const read = (text: string | undefined): number | undefined => {
    return text === undefined || /[xX*]/.test(text) ? undefined : Number(text);
  };
  const major = read(majorText);
  const minor = major === undefined ? undefined : read(minorText);
  const patch = minor === undefined ? undefined : read(patchText);
  return { major, minor, patch, prerelease: patch === undefined ? [] : (tail?.split(".") ?? []) };
}

function expand(operator: string, partial: Partial): Comparator[] {
  const { major, minor, patch } = partial;
  if (major === undefined) return operator === "<" || operator === ">" ? [NOTHING] : [];
  if (operator === "^") return [...lowerLimit(partial), before(caretEnd(major, minor, patch))];
  if (operator.startsWith("~")) {
    return [...lowerLimit(partial), before(minor === undefined ? [major + 1, 0, 0] : [major, minor + 1, 0])];
  }
  const isWhole = patch !== undefined;
  if (operator === ">=") return lowerLimit(partial);
  if (operator === "<=") return upperLimit(partial);
  if (operator === "<") return [isWhole ? { operator, version: first(partial) } : before(first(partial).numbers)];
  if (operator === ">") {
    if (isWhole) return [{ operator, version: first(partial) }];
    return [{ operator: ">=", version: { numbers: next(major, minor), prerelease: [] } }];
  }
  return isWhole ? [{ operator: "=", version: first(partial) }] : [...lowerLimit(partial), ...upperLimit(partial)];
}

/** No version is before the first one. */
const NOTHING: Comparator = before([0, 0, 0]);

/** The end of `^`: the next version that changes the first number that is not 0. */
function caretEnd(major: number, minor: number | undefined, patch: number | undefined): Numbers {
  if (major > 0 || minor === undefined) return [major + 1, 0, 0];
  if (minor > 0 || patch === undefined) return [0, minor + 1, 0];
  return [0, 0, patch + 1];
}

function lowerLimit(partial: Partial): Comparator[] {
  return partial.major === undefined ? [] : [{ operator: ">=", version: first(partial) }];
}

function upperLimit(partial: Partial): Comparator[] {
  const { major, minor, patch } = partial;
  if (major === undefined) return [];
  return [patch === undefined ? before(next(major, minor)) : { operator: "<=", version: first(partial) }];
}

/** The first version behind all that a partial version stands for. */
function next(major: number, minor: number | undefined): Numbers {
  return minor === undefined ? [major + 1, 0, 0] : [major, minor + 1, 0];
}

function first({ major = 0, minor = 0, patch = 0, prerelease }: Partial): Version {
  return { numbers: [major, minor, patch], prerelease };
}

/** Before a version and all its prereleases. */
function before(numbers: Numbers): Comparator {
  return { operator: "<", version: { numbers, prerelease: ["0"] } };
}
