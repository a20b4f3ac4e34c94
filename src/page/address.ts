/** The build and the line that the page's address names. */
export interface Address {
  /** The build of `?build=<id>`. */
  readonly buildId: string | undefined;
  /** The line of `#L12`. */
  readonly line: number | undefined;
}

/** Reads the query and the fragment of the page's address; unknown parts are ignored. */
export function readAddress(search: string, hash: string): Address {
  const buildId = new URLSearchParams(search).get("build");
  const line = /^#L([1-9][0-9]{0,8})$/.exec(hash)?.[1];
  return { buildId: buildId || undefined, line: line === undefined ? undefined : Number(line) };
}

/** The address of a build, or of a line in its log: `/?build=<id>#L12`. */
export function writeAddress(buildId: string, line?: number | undefined): string {
  return `/?build=${encodeURIComponent(buildId)}${line === undefined ? "" : `#L${line}`}`;
}
