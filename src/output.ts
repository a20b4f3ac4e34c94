/** The exit code of a program whose reader has left: 128 + SIGPIPE, as shells report it. */
const READER_LEFT = 141;

/** Whether a stream shows colours: as its reader asks with `FORCE_COLOR` or `NO_COLOR`, else if it is a terminal. */
export function hasColours(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  const { FORCE_COLOR: force, NO_COLOR: no, TERM: terminal } = env;
  if (force !== undefined) return force !== "0" && force !== "false";
  if (no !== undefined && no !== "") return false;
  return isTerminal && terminal !== "dumb";
}

/** The standard output of a command. */
export class Output {
  readonly isTerminal: boolean;
  /** Whether text may have colours (SGR). */
  readonly hasColours: boolean;
  readonly #stream: NodeJS.WriteStream;

  /**
   * @param env - The variables that choose colours.
   * @param onReaderLeft - Called when the reader of a pipe has left. Default: the program ends with exit code 141.
   */
  constructor(
    stream: NodeJS.WriteStream,
    env: Readonly<Record<string, string | undefined>>,
    onReaderLeft: () => void = () => process.exit(READER_LEFT),
  ) {
    this.#stream = stream;
    this.isTerminal = stream.isTTY;
    this.hasColours = hasColours(this.isTerminal, env);
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE" && error.code !== "ECONNRESET" && error.code !== "EIO") throw error;
      onReaderLeft();
    });
  }

  /** The number of columns of the terminal; 80 when it is unknown. */
  get columns(): number {
    return this.#stream.columns || 80;
  }

  /** The number of rows of the terminal; 24 when it is unknown. */
  get rows(): number {
    return this.#stream.rows || 24;
  }

  /** Writes a text. @returns A promise when the reader is slow: it resolves when the text was written. */
  write(text: string | Uint8Array): Promise<void> | undefined {
    if (this.#stream.write(text)) return undefined;
    return new Promise((resolve) => {
      const done = (): void => {
        for (const event of ["drain", "close", "error"]) this.#stream.off(event, done);
        resolve();
      };
      for (const event of ["drain", "close", "error"]) this.#stream.on(event, done);
    });
  }

  /** Adds a colour (the parameters of an SGR sequence) to a text, if the output has colours. */
  colour(parameters: string, text: string): string {
    return this.hasColours ? `\x1b[${parameters}m${text}\x1b[0m` : text;
  }
}
