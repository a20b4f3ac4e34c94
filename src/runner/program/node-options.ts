/** The options of a debugger, a profiler or a test runner that watches this server. */
const SERVER_ONLY =
  /^--(?:inspect|debug-port|cpu-prof|heap-prof|heapsnapshot|prof|perf-|trace-event|report-|diagnostic-dir|redirect-warnings|test|watch|title|env-file|experimental-test)/;

/** One option or value. A value in double quotes can hold spaces, and escapes with a backslash. */
const TOKEN = /(?:[^\s"]|"(?:\\[^]|[^"\\])*"?)+/g;

/**
 * Removes options that concern this server alone, such as `--inspect=9229`, and their values from a `NODE_OPTIONS`. The
 * rest, such as `--max-old-space-size` and `--require`, stays as it is written.
 *
 * @returns `undefined` when nothing is left.
 */
export function buildNodeOptions(options: string): string | undefined {
  const kept: string[] = [];
  let isDropping = false;
  for (const token of options.match(TOKEN) ?? []) {
    // A value without a dash belongs to the option before it.
    if (token.startsWith("-") || token.startsWith('"-')) isDropping = SERVER_ONLY.test(token.replace(/^"/, ""));
    if (!isDropping) kept.push(token);
  }
  return kept.length === 0 ? undefined : kept.join(" ");
}
