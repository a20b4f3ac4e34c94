/** A test, or a round of a stress scenario, which ends at some time. */
export interface Lifetime {
  after(release: () => unknown): void;
}

/** Releases the last first, as what came later may use what came before; `node:test` does it the other way round. */
export function lastFirst(lifetime: Lifetime): Lifetime {
  const releases: (() => unknown)[] = [];
  lifetime.after(async () => {
    for (const release of releases.reverse()) await release();
  });
  return { after: (release) => void releases.push(release) };
}
