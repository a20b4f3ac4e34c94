/** The build and the line that the page's address names. */
export interface Address {
  /** The build of `/builds/<id>`. */
  readonly buildId: string | undefined;
  /** The line of `#L12`, or the first one of `#L12-L20`. */
  readonly line: number | undefined;
  /** The last line of `#L12-L20`. */
  readonly lastLine: number | undefined;
}

/** Reads the path and the fragment of the page's address; unknown parts are ignored. */
export function readAddress(path: string, hash: string): Address {
  const buildId = /^\/builds\/([0-9a-z]+)$/.exec(path)?.[1];
  const [, first, last = first] = /^#L([1-9][0-9]{0,8})(?:-L([1-9][0-9]{0,8}))?$/.exec(hash) ?? [];
  if (first === undefined) return { buildId, line: undefined, lastLine: undefined };
  // A person may have typed them in another order.
  const lines = [Number(first), Number(last)];
  return { buildId, line: Math.min(...lines), lastLine: Math.max(...lines) };
}

/** The address of a build, or of lines in its log: `/builds/<id>#L12`, `/builds/<id>#L12-L20`. */
export function writeAddress(buildId: string, line?: number | undefined, lastLine: number | undefined = line): string {
  if (line === undefined) return `/builds/${buildId}`;
  return `/builds/${buildId}#L${line}${lastLine === line ? "" : `-L${lastLine}`}`;
}
