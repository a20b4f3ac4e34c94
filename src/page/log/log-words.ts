/** What is known of a build's log beyond the rows on the page. Numbers are those of its lines. */
export interface LogExtent {
  /** The number of the last line that arrived; 0 before the first. */
  readonly lastNumber: number;
  /** The server is known to keep nothing up to this line; 0 when it may still keep everything. */
  readonly lostThrough: number;
  /** Whether no line will follow. */
  readonly isComplete: boolean;
}

/** The words where lines are missing that the server dropped, as many as `count`, if anybody knows. */
export function gapText(count: number | undefined): string {
  if (count === undefined) return "Lines may be missing here: the server does not keep them any more";
  return `${lines(count)} no longer kept`;
}

/**
 * The words above the first row, which a link to the raw log follows unless all is lost.
 *
 * The server goes on dropping lines without telling a page that has seen them, so of those that left only the page none
 * is promised.
 *
 * @param count how many lines are before the first row.
 * @param lost how many of them the server is known to have dropped.
 */
export function earlierText(count: number, lost: number): string {
  if (lost === count) return `${lines(count, "earlier ")} no longer kept`;
  const known = lost === 0 ? "" : `; ${format(lost)} of them ${lost === 1 ? "is" : "are"} no longer kept`;
  return `${lines(count, "earlier ")} not on this page${known}. What is still kept is in the`;
}

/** Why a line is not on the page, for the person who asked for it; `undefined` while it can still come. */
export function absentLineText(number: number, log: LogExtent): string | undefined {
  if (number <= log.lostThrough) return `Line ${number} is no longer kept.`;
  if (number > log.lastNumber) return log.isComplete ? `The log ends before line ${number}.` : undefined;
  return `Line ${number} is not on this page any more. If it is still kept, it is in the raw log.`;
}

function lines(count: number, kind = ""): string {
  return count === 1 ? `1 ${kind}line is` : `${format(count)} ${kind}lines are`;
}

function format(count: number): string {
  return count.toLocaleString("en");
}
