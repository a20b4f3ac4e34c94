import { plainText } from "../../terminal/plain-text.ts";

/** How a line can look: like a line of a stack trace, like a warning, or like an error. In the order of the checks. */
export const markKinds = ["stack", "warning", "error"] as const;

/** See {@link markKinds}. */
export type MarkKind = (typeof markKinds)[number];

/** A line is checked up to this length, in UTF-16 units. */
const MAX_LENGTH = 2000;

/**
 * Texts of which a line with an error has at least one, except at its start and end. Nearly all lines have none of
 * them, so this check decides the cost: about 40 ns. Further alternatives, or one of another length, make it slower.
 */
const ANYWHERE = /[eE][rR][rR][oO!_]|[fF][aA][iI][lL]|[wW][aA][rR][nN]/;

/** The other starts of such lines, after spaces and colours. */
const START =
  /^(?:[ \t]|\x1b\[[\d;]*m)*(?:at |not ok |[✕×✖✗✘●]|fatal: |FATAL |make\b|Segm|gorou|Un[ch]|panic|thread |Trac|Exc)/;

/** The first characters of these starts. The check of one character takes a tenth of the time of {@link START}. */
const FIRST: readonly boolean[] = Array.from({ length: 128 }, (_, code) => {
  return " \t\x1banfFmSgUptTE".includes(String.fromCharCode(code));
});

/** The last characters of the other ends of such lines. */
const CODE_OF_D = 0x64;
const CODE_OF_COMMA = 0x2c;

/** Lines that report a success, and may quote an error. */
const SUCCESS = /^\s*(?:[✓✔√]|ok \d|PASS\b|test .* \.\.\. ok$)/;

/**
 * The patterns, with the programs that print such lines. Colours and other control functions are removed first. Each
 * pattern takes linear time.
 */
const PATTERNS: Readonly<Record<MarkKind, readonly RegExp[]>> = {
  stack: [
    // Node, browsers: "    at build (file:///srv/build.js:3:9)"
    /^\s*at (?:[^(]{1,300} \()?[^\s()]+:\d+:\d+\)?(?: \{)?$/,
    /^\s*at (?:async )?Promise\.\w+ \((?:index \d+|<anonymous>)\)$/,
    // Java
    /^\s+at [\w.$<>/]+\([\w. ]+(?::\d+)?\)$/,
    // Python
    /^\s*Traceback \(most recent call last\):/,
    // Go
    /^goroutine \d+ \[/,
  ],
  warning: [
    // npm, pnpm
    /(?:^|\s)(?:npm (?:WARN|warn)|WARN)\s/,
    // webpack
    /^WARNING in\b/,
    // esbuild, Maven
    /\[WARN(?:ING)?\]/,
    // eslint
    /^\s+\d+:\d+\s+warning\s/,
    // Node
    /^\(node:\d+\) .*Warning: /,
    // rustc, gcc, clang, MSVC
    /(?:^|[:)] )warning(?:\[\w+\])?(?:: | [A-Z]{1,4}\d)/i,
    // yarn
    /^warning (?:["\w@/.-]+ >|[A-Z"])/,
  ],
  error: [
    // tsc, MSVC, .NET: "src/a.ts(1,7): error TS2322: Type ..."
    /\berror [A-Z]{1,6}\d{3,6}\b/,
    // npm
    /(?:^|\s)npm (?:ERR!|error)(?:\s|$)/,
    // pnpm
    /^\s*(?:ERR_PNPM_\w+|ELIFECYCLE)\s/,
    // Node: "  code: 'ERR_MODULE_NOT_FOUND'"
    /\bERR_[A-Z][A-Z_]{3,}\b(?!\.\w)/,
    // yarn
    /^error (?:[A-Z"']|\S+@)/,
    // webpack
    /^ERROR in\b/,
    // esbuild, Maven
    /\[ERROR\] /,
    // eslint
    /^\s+\d+:\d+\s+error\s/,
    /^✖ \d+ problems? \((?!0 errors)/,
    // vite
    /^error during (?:build|start)|^[x✗✖] Build failed\b|\bRollup failed to resolve import\b/,
    // jest, vitest, pytest, Go, cargo
    /^\s*(?:❯ |--- |test result: |test .{1,200} \.\.\. )?FAIL(?:ED)?(?=[\s:.]|$)/,
    // jest
    /^\s*● (?!Console$)\S/,
    // jest, vitest, node:test
    /^\s*[✕×✖✗✘] (?!0\b|\d+ problems?\b)\S/,
    // TAP, without a directive to ignore it
    /^\s*not ok \d+(?!.*# [A-Z]{4}\b)/,
    // gcc, clang, tsc: "src/a.ts:1:7 - error ...", "a.c:3:5: fatal error: ..."
    /(?:^|\s)[^\s:]+:\d+(?::\d+)?:? (?:- )?(?:fatal )?error\b/,
    // rustc
    /^error\[\w+\]: /,
    /^thread '.{0,200}' (?:\(\d+\) )?panicked at /,
    // Go, bun
    /^panic(?:\(.{0,80}\))?: /,
    // make
    /^make(?:\[\d+\])?: \*\*\* /,
    // shells
    /^[^\s:]+: (?:(?:line )?\d+: )?[^\s:]+: (?:command )?not found$/,
    /^'[^']+' is not recognized as an internal or external command,/,
    /^Segmentation fault\b/,
    // git
    /^fatal: /,
    // Node
    /^FATAL ERROR: /,
    // Next.js, webpack, Parcel
    /^[\s>]*(?:Failed to compile|Build failed|Compilation failed)\b/,
    // Java
    /^Exception in thread "/,
    // Headings of many programs: "TypeError: x is not a function", "AssertionError [ERR_ASSERTION]: ..."
    /^\s*(?:Uncaught|Unhandled) (?:\w*Error|exception|promise|rejection)\b/i,
    /(?:^|[\s\])>|:])(?<!\bno )(?:[A-Z]\w*)?(?:Error|Exception)(?: \[\w+\])?: (?!(?:0|none|null|false|undefined)\b)\S/,
    /(?:^|[:\])>|] )(?:error|ERROR): (?!(?:0|none|null|false|undefined)\b)\S/,
  ],
};

/** Returns how a line looks; `undefined` for nearly all lines. */
export function markKindOf(line: string): MarkKind | undefined {
  if (!ANYWHERE.test(line) && !isSpecial(line)) return undefined;
  const text = plainText(line.slice(0, MAX_LENGTH)).trimEnd();
  if (SUCCESS.test(text)) return undefined;
  return markKinds.find((kind) => PATTERNS[kind].some((pattern) => pattern.test(text)));
}

/** Whether a line has a special start or end. */
function isSpecial(line: string): boolean {
  if ((FIRST[line.charCodeAt(0)] ?? true) && START.test(line)) return true;
  const last = line.charCodeAt(line.length - 1);
  if (last !== CODE_OF_D && last !== CODE_OF_COMMA) return false;
  return line.endsWith(" not found") || line.endsWith("external command,");
}
