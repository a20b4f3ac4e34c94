/** The longest part of a name in a message, in characters. */
const MAX_NAME_SHOWN = 64;

/** Formats a size for people: `512 bytes`, `1.5 KiB`, `100 MiB`, `1.9 GiB`. */
export function formatBytes(bytes: number): string {
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), 3);
  if (power === 0) return `${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
  return `${Number((bytes / 1024 ** power).toFixed(1))} ${["", "KiB", "MiB", "GiB"][power]}`;
}

/**
 * Formats a command as a person would type it into a shell: `npm run build`, `echo 'two words'`. Never run the result.
 */
export function formatCommand(command: string, args: readonly string[]): string {
  return [command, ...args].map(quote).join(" ");
}

/** Returns the beginning of a name for a message, which must not repeat a name of any length from a project's files. */
export function shortenName(name: string): string {
  return name.slice(0, MAX_NAME_SHOWN);
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
