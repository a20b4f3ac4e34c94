/**
 * Shows a command as a person would type it into a shell: `npm run build`, `echo 'two words'`. To be read, never to be
 * run.
 */
export function formatCommand(command: string, args: readonly string[]): string {
  return [command, ...args].map(quote).join(" ");
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
