/**
 * The name of a script before each of its lines, as programs write it that run several at the same time:
 * `packages/a build: ` (pnpm, bun), `web:build: ` (Turborepo), `web: ` (Lerna), `[web]: ` (yarn berry) and `[0] `
 * (concurrently).
 */
const PREFIX = /^(?:\[[\w@./:-]{1,100}\]:?|[\w@./-]{1,100}(?:[ :][\w:.-]{1,60})?:)(?: |$)/;

/** A prefix in fewer lines is probably a part of the text. */
const MIN_LINES = 2;

/** Removes what looks like a prefix. */
export function withoutPrefix(line: string): string {
  return line.slice(PREFIX.exec(line)?.[0].length ?? 0);
}

/** The lines that have a prefix in common with others, without it: those of one script after those of another. */
export function linesOfScripts(lines: readonly string[]): string[] {
  const scripts = new Map<string, string[]>();
  for (const line of lines) {
    const prefix = PREFIX.exec(line)?.[0].trimEnd();
    if (prefix === undefined) continue;
    const script = scripts.get(prefix) ?? [];
    script.push(withoutPrefix(line));
    scripts.set(prefix, script);
  }
  return [...scripts.values()].filter(({ length }) => length >= MIN_LINES).flat();
}
