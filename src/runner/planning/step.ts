/** One command of a build. It is data: a plan of your own may run anything, e.g. `make`. */
export interface Step {
  /** What clients see, e.g. `install`. */
  readonly name: string;
  /** A program on `PATH`, or a path. Never a shell's command line. */
  readonly command: string;
  /** Handed over as they are: nothing in them is interpreted. */
  readonly args: readonly string[];
  /** Where it runs: an absolute path. */
  readonly cwd: string;
  /** Added to the environment of the build. Default: nothing. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}
