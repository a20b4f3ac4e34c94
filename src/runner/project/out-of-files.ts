const CODES: readonly unknown[] = ["EMFILE", "ENFILE"];

/** Whether the system refused to open a file because this process, or the machine, has too many open files. */
export function isOutOfFiles(error: unknown): boolean {
  return error instanceof Error && CODES.includes((error as NodeJS.ErrnoException).code);
}

/** Rethrows an error that says nothing about a project, only about the load on the machine. */
export function rethrowOutOfFiles(error: unknown): void {
  if (isOutOfFiles(error)) throw error;
}
