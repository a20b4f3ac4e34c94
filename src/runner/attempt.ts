/** Runs an action that may fail without a consequence, such as the removal of a file that is already gone. */
export function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // The caller has no use for the error.
  }
}
