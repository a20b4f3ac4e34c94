const MARKER = "~";
const TIME_DIGITS = 16;

const STEPS = [
  "compiled src/components/table/column-header-menu.tsx",
  "bundled dist/assets/vendor-runtime",
  "copied public/fonts/inter-latin-variable.woff2",
  "warning: unused export in src/lib/format-duration.ts",
  "checked types of packages/server/src/routes/session.ts",
];

/**
 * The data of an event: the marker that the load generator counts, the time of publication, and text up to `size`.
 *
 * @param {number} sequence
 * @param {number} size - In bytes; the text is ASCII.
 * @param {boolean | undefined} lines - Text as a build prints it, which compresses like it; otherwise filler.
 */
export function message(sequence, size, lines) {
  const head = MARKER + String(process.hrtime.bigint()).padStart(TIME_DIGITS, "0");
  if (lines !== true) return `${head} ${sequence} `.padEnd(size, "x");
  // A multiplicative hash stands for what differs from line to line in real output.
  const hash = ((sequence * 2654435761) >>> 0).toString(16);
  const text = `${head} [${sequence % 7}] ${STEPS[sequence % STEPS.length]} ${hash} in ${(sequence * 37) % 911} ms `;
  return text.padEnd(size, ".").slice(0, size);
}
