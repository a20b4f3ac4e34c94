/** Reads a value that {@link remember} stored in this browser; `undefined` if storage is switched off. */
export function recall(name: string): string | undefined {
  try {
    return localStorage.getItem(`tailcast.${name}`) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Stores a value in this browser until the next visit. */
export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(`tailcast.${name}`, value);
  } catch {
    // The page works without stored values.
  }
}
