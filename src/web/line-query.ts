import { HttpError } from "../http/http-error.ts";

/** The lines that a request selects. */
export interface LineQuery {
  readonly from: number;
  readonly count: number;
}

const DEFAULT_COUNT = 200;
const MAX_COUNT = 1000;
const MAX_NUMBER = 999_999_999;

/**
 * Reads `?from=` and `?count=`.
 *
 * @throws {HttpError} `BAD_REQUEST` for an invalid, empty or repeated value.
 */
export function readLineQuery(query: URLSearchParams): LineQuery {
  return {
    from: readNumber(query, "from", 1, MAX_NUMBER),
    count: readNumber(query, "count", DEFAULT_COUNT, MAX_COUNT),
  };
}

function readNumber(query: URLSearchParams, name: string, preset: number, most: number): number {
  const [text = String(preset), ...others] = query.getAll(name);
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= most && others.length === 0) return number;
  throw new HttpError("BAD_REQUEST", `Cannot read the lines: "${name}" must be one whole number from 1 to ${most}`);
}
