import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { describe, it } from "node:test";
import { toChinese } from "../../../dist/page/words/server-words.js";

const SOURCES = new URL("../../../src/runner/", import.meta.url);

/** Files whose texts are in no line of a usual log: errors of requests, of options and of files; rare problems. */
const WITHOUT_LINES = new RegExp(
  `^(?:${[
    "build-queue|cgroup/|failure/|install/(?:input-files|manifest-doubts|members|remove-modules|tree-marks)|output/",
    "node/manifest-versions|package-manager/(?:lock-format|managers)|process/|program/(?!environment)|project/",
    "settings/(?!plan-folder)|step-lines|store/",
  ].join("|")})`,
);

/** Rare lines that stay English: the page must stay small. */
const RARE: ReadonlySet<string> = new Set([
  "stopped because its events could not be ${verb} (${reason})",
  "create an empty yarn.lock in the project",
  'add "workspaces": [] to the package.json of the project',
  "${name} would install in ${outerPath}, whose package.json lists it as a member",
  "allow that directory as a root",
  "${place}, and which is not below an allowed root",
  "${generated} may be generated from other files of the project",
  "the start of the install could not be stored (${(error as Error).message})",
  "warning: the result of the step cannot be stored (${(error as Error).message})",
  "it must be a regular file",
  "it must not be larger than ${MAX_BYTES} bytes",
  "the variable ${place} is set",
  "which is not supported yet",
  "which is unknown",
  "${source} names ${shown}, ${problem}; looking for other evidence",
  "there are several lock files: ${names}; ${advice}",
  "keep one, or name the manager as packageManager in package.json",
  "${show(file)} is there, but its package manager is not supported yet",
  "there are ${left} more warnings like these",
  "did not print its version within ${formatDuration(answerTime)}",
  "${elsewhere.name} now works in ${elsewhere.cwd}, unlike when the build was accepted",
  "No package manager has the program ${program}",
]);

/** Parts that make no sense alone, with a line that has them. */
const PARTS: Readonly<Record<string, string>> = {
  ", which stands for SIGKILL: probably out of memory":
    "build failed with exit code 137, which stands for SIGKILL: probably out of memory",
  " and ended with exit code ${exitCode}": "build was stopped and ended with exit code 1",
  "${silentStep} printed nothing for ${limit}": "build printed nothing for 5 min; stopping the build",
  "time limit of ${limit} reached": "time limit of 5 min reached; stopping the build",
  "${reached}; stopping the build": "time limit of 5 min reached; stopping the build",
  "before it started": "cancelled before it started",
  "while ${interrupted.name} was running": "cancelled while build was running",
  "after its last step": "cancelled after its last step",
  "no commit yet": "git: main, no commit yet",
  "timed out after ${limit}${isSilent ? \" without output\" : \"\"}": "timed out after 5 min without output",
  'the install is skipped, because ${because} ("clean" forces it)':
    "the install is skipped, because nothing that it depends on changed since the last one, 3 s ago, and its files " +
    'are untouched ("clean" forces it)',
  "the build was stopped": "pack skipped because the build was stopped",
  "it has no scripts": 'Cannot build a: its package.json has no "build" script; it has no scripts',
  "its scripts are: ${list(names.map(shortenName))}":
    'Cannot build a: its package.json has no "build" script; its scripts are: test',
  "its package.json has no ${wanted} script; ${others}${hint}":
    'Cannot build a: its package.json has no "x" script; its scripts are: test; members with a "build" script: b',
  "nothing that it depends on changed since the last one, ${age} ago, and its files are untouched":
    "the install is skipped, because nothing that it depends on changed since the last one, 2 min ago, and its files " +
    'are untouched ("clean" forces it)',
  "was running when the server ended":
    "it starts without node_modules, because the last install here was running when the server ended, and may have " +
    "left broken packages",
  "failed with exit code ${result.exitCode}":
    "it starts without node_modules, because the last install here failed with exit code 1, and may have left broken " +
    "packages",
  "was killed by ${result.signal}": "the last install here was killed by SIGKILL; node_modules may be incomplete",
  "${wish}, which is that of ${chosen?.origin}": ".nvmrc wants Node.js 20, which is that of nvm",
  "${problem}, so the version of Node.js that runs is unknown":
    "node is not on PATH, so the version of Node.js that runs is unknown",
  "but Node.js ${formatVersion(release.version)} runs":
    "warning: .nvmrc wants Node.js 20, but Node.js 24.1.0 runs: no other version was found; install it with a " +
    "version manager, or name its folder with --node-path",
  "nothing names another package manager": "npm 11.6.0, because nothing names another package manager",
  " and corepack is not":
    "packageManager names pnpm@9.1.0, but pnpm 8.0.0 is on PATH and corepack is not, so pnpm 8.0.0 runs",
  "the version that runs is unknown": "pnpm printed no version, so the version that runs is unknown",
  "printed no version":
    "packageManager names pnpm@9.1.0, but pnpm printed no version, so the version that runs is unknown",
  "it has no ${JSON.stringify(script)} script, so its members with one run theirs: ${listPaths(path, members)}":
    'it has no "build" script, so its members with one run theirs: packages/a, packages/b',
  "the environment of the build ${parts.join(\" and \")}":
    "the environment of the build sets CI=true, COLUMNS=120 and leaves out NODE_ENV",
};

/** Names and other texts of the project in a translation. */
const KEPT = /"[^"]*"/g;

/** Words of which a translation has none. */
const ENGLISH = /\b(?:the|is|are|was|has|that|which|because|so|not|names|wants|runs)\b/;

/** Three words or more, with a space. */
const SENTENCE = /^(?=[^]* )(?:[^]*?\b[a-z]{2,}\b){3}/;

/** Code between two texts. */
const CODE = /=>|\?\?|\(\{|\)\.|\) [&|=]/;

/** The texts in the code of a file that are sentences, or parts of them. */
function sentencesIn(file: string): string[] {
  const source = readFileSync(new URL(file, SOURCES), "utf8").replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "");
  const found = source.matchAll(/"([^"\n\\]+)"|'([^'\n\\]+)'|`([^`\n\\]+)`/g);
  const texts = Array.from(found, ([, double, single, template]) => double ?? single ?? template ?? "");
  return texts.filter((text) => !RARE.has(text) && SENTENCE.test(plain(text)) && !CODE.test(plain(text)));
}

/** A text with values. */
function plain(text: string): string {
  return text.replace(/\$\{[^}]*\}/g, "7");
}

function isTranslated(text: string): boolean {
  return /[\u4e00-\u9fff]/.test(text) && !ENGLISH.test(text.replace(KEPT, ""));
}

describe("the sentences of the runner", () => {
  it("have a Chinese translation, if they are usual lines of a log", () => {
    const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" });
    const used = new Set<string>();
    const missing = files.filter((name) => name.endsWith(".ts") && !WITHOUT_LINES.test(name)).flatMap((name) => {
      return sentencesIn(name).flatMap((text) => {
        const part = PARTS[text];
        if (part !== undefined) used.add(text);
        const chinese = toChinese(part ?? plain(text));
        return isTranslated(chinese) ? [] : `${name}: ${text} -> ${chinese}`;
      });
    });
    assert.equal(missing.join("\n"), "");
    assert.deepEqual(Object.keys(PARTS).filter((text) => !used.has(text)), []);
  });
});
