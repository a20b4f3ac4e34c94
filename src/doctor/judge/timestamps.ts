const ISO = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)/;
/** Milliseconds since 1970 have 13 digits until 2286. */
const MILLISECONDS = /(?<![\d.])[12]\d{12}(?![\d.])/;
/** The largest difference between the clock of the server and this one, in milliseconds. */
const MAX_DIFFERENCE = 24 * 60 * 60 * 1000;

/**
 * Reads the time in the data of an event, as milliseconds since 1970: a date of ISO 8601, or a number of milliseconds.
 *
 * @param near - The current time. A number far from it is not a time.
 * @returns The first time, or `undefined`.
 */
export function readTimes(data: string, near: number): number[] {
  const [date] = ISO.exec(data) ?? [];
  const [number] = MILLISECONDS.exec(data) ?? [];
  const time = date === undefined ? Number(number) : Date.parse(date);
  return Math.abs(time - near) < MAX_DIFFERENCE ? [time] : [];
}
