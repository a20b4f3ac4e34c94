/** Reads what this browser remembers for us; storage may be switched off, and then nothing is remembered. */
export function recall(name: string): string | undefined {
  try {
    return localStorage.getItem(`tailcast.${name}`) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Lets this browser remember something until the next visit. */
export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(`tailcast.${name}`, value);
  } catch {
    // A page that forgets still works.
  }
}
