/** The likely cause of a failure, and what to do about it. Plain JSON. */
export interface Hint {
  /** The name of a row of `knownFailures`, e.g. `LOCK_FILE_OUTDATED`. Later versions add others. */
  readonly code: string;
  /** The name that the failure is about, e.g. that of a missing module; `null` when the code alone says it. */
  readonly subject: string | null;
  /** One sentence, e.g. `the lock file does not match package.json`. */
  readonly cause: string;
  /** One sentence about what to do. */
  readonly remedy: string;
}

/** The last lines of the log of a build. @param message - The sentence about its end. */
export function lastLines(message: string, hint: Hint | null): string[] {
  return hint === null ? [message] : [message, `cause: ${hint.cause}`, `remedy: ${hint.remedy}`];
}
