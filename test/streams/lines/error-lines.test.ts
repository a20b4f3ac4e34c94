import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { markKindOf } from "../../../dist/streams/lines/error-lines.js";

/** Real output, by program. */
const ERRORS: Readonly<Record<string, readonly string[]>> = {
  tsc: [
    "src/app.ts(12,5): error TS2345: Argument of type 'string' is not assignable to parameter of type 'number'.",
    "\x1b[96msrc/app.ts\x1b[0m:\x1b[93m12\x1b[0m:\x1b[93m5\x1b[0m - \x1b[91merror\x1b[0m\x1b[90m TS2345: \x1b[0mX",
    "error TS5083: Cannot read file '/srv/tsconfig.json'.",
    "@acme/web:build: src/a.ts(1,1): error TS2304: Cannot find name 'x'.",
  ],
  npm: [
    "npm ERR! code ELIFECYCLE",
    "\x1b[31mnpm\x1b[39m \x1b[31merror\x1b[39m code ENOENT",
    "npm error A complete log of this run can be found in: /root/.npm/_logs/x.log",
    "npm ERR!",
  ],
  pnpm: [
    " ERR_PNPM_NO_MATCHING_VERSION  No matching version found for left-pad@9",
    " ELIFECYCLE  Command failed with exit code 1.",
  ],
  yarn: [
    "error Command failed with exit code 1.",
    'error Couldn\'t find package "nope" on the "npm" registry.',
    "error left-pad@9.9.9: The engine \"node\" is incompatible with this module.",
    "➤ YN0001: │ Error: nope@npm:*: No candidates found",
  ],
  bun: ['error: script "build" exited with code 1', "error: Could not resolve: \"./missing\""],
  webpack: [
    "ERROR in ./src/index.js 1:0-21",
    "Module not found: Error: Can't resolve './missing' in '/srv/src'",
    "Failed to compile.",
  ],
  vite: [
    "error during build:",
    "x Build failed in 41ms",
    "\x1b[31m✗\x1b[39m Build failed in 41ms",
    "[vite]: Rollup failed to resolve import \"missing\" from \"/srv/src/main.js\".",
    "RollupError: Could not resolve \"./missing\" from \"src/main.js\"",
  ],
  esbuild: [
    '\x1b[31m✘ \x1b[41;31m[\x1b[41;97mERROR\x1b[41;31m]\x1b[0m \x1b[1mCould not resolve "./missing"\x1b[0m',
    'src/main.js:1:8: ERROR: Could not resolve "./missing"',
  ],
  eslint: [
    "  3:10  error  'x' is assigned a value but never used  no-unused-vars",
    "✖ 4 problems (3 errors, 1 warning)",
  ],
  jest: ["FAIL src/sum.test.js", "\x1b[0m\x1b[7m\x1b[1m\x1b[31m FAIL \x1b[39m\x1b[22m\x1b[27m\x1b[0m src/sum.test.js",
    "  ● sum › adds numbers", "    ✕ adds numbers (3 ms)"],
  vitest: [" FAIL  src/sum.test.ts > adds numbers", "   × adds numbers 4ms", "AssertionError: expected 3 to be 4"],
  "node:test": ["✖ adds numbers (1.2ms)", "not ok 3 - adds numbers", "    not ok 1 - inner"],
  node: [
    "TypeError: Cannot read properties of undefined (reading 'map')",
    "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'x' imported from /srv/a.js",
    "AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:",
    "  code: 'ERR_MODULE_NOT_FOUND'",
    "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
    "Uncaught TypeError: x is not a function",
    "Uncaught Error: x",
  ],
  rustc: [
    "error[E0308]: mismatched types",
    "error: could not compile `app` (bin \"app\") due to 1 previous error",
    "thread 'main' panicked at src/main.rs:2:5:",
    "thread 'main' (4711) panicked at src/main.rs:2:5:",
    "test tests::adds ... FAILED",
    "test result: FAILED. 0 passed; 1 failed; 0 ignored",
  ],
  gcc: [
    "main.c:3:5: error: expected ';' before 'return'",
    "main.c:1:10: fatal error: missing.h: No such file or directory",
    "\x1b[01m\x1b[Kmain.c:3:5:\x1b[m\x1b[K \x1b[01;31m\x1b[Kerror: \x1b[m\x1b[Kexpected ';'",
    "collect2: error: ld returned 1 exit status",
    "main.cpp(12): error C2065: 'x': undeclared identifier",
  ],
  Go: ["panic: runtime error: index out of range [5] with length 3", "--- FAIL: TestSum (0.00s)", "FAIL"],
  make: ["make: *** [Makefile:2: all] Error 1", "make[1]: *** No rule to make target 'x'.  Stop."],
  shells: [
    "sh: 1: tsc: not found",
    "bash: line 1: tsc: command not found",
    "zsh: tsc: command not found",
    "'tsc' is not recognized as an internal or external command,",
    "Segmentation fault (core dumped)",
  ],
  git: ["fatal: not a git repository (or any of the parent directories): .git"],
  Maven: ["[ERROR] Failed to execute goal"],
  Java: ['Exception in thread "main" java.lang.IllegalStateException: closed'],
  Python: ["ModuleNotFoundError: No module named 'x'", "ERROR: Could not find a version that satisfies x"],
  "Next.js": ["> Build failed because of webpack errors", "Error: Failed to collect page data for /"],
};

const WARNINGS: Readonly<Record<string, readonly string[]>> = {
  npm: ["npm WARN deprecated inflight@1.0.6: This module is not supported", "npm warn config optional"],
  pnpm: [" WARN  deprecated inflight@1.0.6"],
  yarn: ["warning No license field", 'warning "a > b@1.0.0" has unmet peer dependency', "warning a > b@1.0.0: old"],
  webpack: ["WARNING in asset size limit: The following asset(s) exceed the recommended size limit (244 KiB)."],
  esbuild: ['▲ [WARNING] The character ">" is not valid inside a JSX element'],
  eslint: ["  3:10  warning  Unexpected console statement  no-console"],
  node: ["(node:4711) [DEP0040] DeprecationWarning: The `punycode` module is deprecated."],
  gcc: ["main.c:3:7: warning: unused variable 'x' [-Wunused-variable]"],
  rustc: ["warning: unused variable: `x`"],
};

const STACKS: Readonly<Record<string, readonly string[]>> = {
  Node: [
    "    at build (file:///srv/build.js:3:9)",
    "    at async Promise.all (index 0)",
    "    at async build (/srv/build.js:3:9)",
    "    at /srv/node_modules/webpack/lib/Compiler.js:12:3",
    "\x1b[90m    at Module._compile (node:internal/modules/cjs/loader:1554:14)\x1b[39m",
    "    at Object.<anonymous> (/srv/a.js:1:7) {",
  ],
  Java: ["\tat com.acme.Main.main(Main.java:12)", "\tat java.base/java.lang.Thread.run(Unknown Source)"],
  Python: ["Traceback (most recent call last):"],
  Go: ["goroutine 1 [running]:"],
};

const NEITHER: readonly string[] = [
  "",
  "0 errors",
  "errors: 0",
  "Errors:      0",
  "error: 0",
  "Found 0 errors. Watching for file changes.",
  "✖ 2 problems (0 errors, 2 warnings)",
  "0 failed, 12 passed",
  "# fail 0",
  "Compiled without errors",
  "no errors found",
  "webpack 5.90.0 compiled successfully in 812 ms",
  "dist/assets/error-handler.js    1.20 kB │ gzip: 0.61 kB",
  "dist/assets/Error-B4kd93.js  3.1 kB",
  "src/errors/TypeError.ts -> dist/errors/TypeError.js",
  "  ✓ throws TypeError: x is not a function (3 ms)",
  "✔ reports Error: with its code (1.2ms)",
  "ok 12 - fails with Error: x",
  "not ok 4 - needs the network # SKIP",
  "test errors::parse_error ... ok",
  "PASS src/error.test.js",
  "log level: error",
  "Error boundaries: enabled",
  "no Error: expected",
  "rm -f error.log",
  "  ● Console",
  "failed: 0",
  "learn more about warnings at https://example.com",
  "yarn run v1.22.22",
  "warnings: 0",
  "dist/warn.js",
  "dist/ERR_CODES.js",
  "make: Nothing to be done for 'all'.",
  "make[1]: Entering directory '/srv'",
  "at 12:03:11 the build started",
  "the module was not found",
  "no such file, not found",
  "Unchanged: 12 files",
  "FAILOVER is on",
  "panic-free mode",
  "Exceptions are logged",
];

describe("markKindOf()", () => {
  for (const [kind, programs] of [
    ["error", ERRORS],
    ["warning", WARNINGS],
    ["stack", STACKS],
  ] as const) {
    for (const [program, lines] of Object.entries(programs)) {
      it(`recognises ${kind === "stack" ? "a stack trace" : `an ${kind}`.replace("an w", "a w")} of ${program}`, () => {
        for (const line of lines) assert.equal(markKindOf(line), kind, line);
      });
    }
  }

  it("recognises no other line, even one with the same words", () => {
    for (const line of NEITHER) assert.equal(markKindOf(line), undefined, line);
  });

  it("takes linear time for any line", () => {
    const parts = ["at a (", "error ", "Error: ", "1:1:", "a:1:1 ", "warning ", " (", "FAIL ", "' ", "\x1b[31m "];
    for (const part of parts) {
      for (const start of ["", "    at x (", "test ", "thread '", "panic(", "error "]) {
        const line = `${start}${part.repeat(16_384 / part.length)}`;
        const before = performance.now();
        for (let count = 0; count < 10; count++) markKindOf(line);
        assert.ok(performance.now() - before < 1000, `${start}${part}`);
      }
    }
  });
});
