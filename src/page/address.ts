/** The build and the line that the page's address names. */
export interface Address {
  /** The build of `/builds/<id>`. */
  readonly buildId: string | undefined;
  /** The line of `#L12`. */
  readonly line: number | undefined;
}

/** Reads the path and the fragment of the page's address; unknown parts are ignored. */
export function readAddress(path: string, hash: string): Address {
  const buildId = /^\/builds\/([0-9a-z]+)$/.exec(path)?.[1];
  const line = /^#L([1-9][0-9]{0,8})$/.exec(hash)?.[1];
  return { buildId, line: line === undefined ? undefined : Number(line) };
}

/** The address of a build, or of a line in its log: `/builds/<id>#L12`. */
export function writeAddress(buildId: string, line?: number | undefined): string {
  return `/builds/${buildId}${line === undefined ? "" : `#L${line}`}`;
}
