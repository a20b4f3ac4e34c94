import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ROOT } from "./blocks.js";
import { assertOutput } from "./output.js";
import type { Block } from "./blocks.js";

const run = promisify(execFile);
const TIMEOUT = 60_000;
const PRELOAD = new URL("test/fixtures/readme-preload.mjs", ROOT).href;

/** The names of the packages that a module imports, without Node's own. */
export function packagesOf(text: string): string[] {
  const imports = /^\s*(?:import\s*|(?:import|export)\b[^;"']*\bfrom\s*)["']([^"']+)["']/gm;
  const specifiers = [...text.matchAll(imports)].map(([, name]) => name ?? "");
  const packages = specifiers.filter((name) => !/^[./]|^node:/.test(name) && !builtinModules.includes(name));
  return [...new Set(packages.map((name) => name.split("/", name.startsWith("@") ? 2 : 1).join("/")))];
}

/** Whether the first line names a file in `examples`, of which the block is a copy. */
export function exampleOf({ text }: Block): string | undefined {
  return /^\/\/.*\b(examples\/[\w.-]+)/.exec(text)?.[1];
}

/**
 * Runs a `js` or `ts` block as a module of a project that has tailcast, and compares its output.
 *
 * @param packages - The folders of other packages that the project has.
 */
export async function runModule(
  { language, text, output }: Block,
  packages: Readonly<Record<string, string>> = {},
): Promise<void> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "tailcast-readme-")));
  try {
    for (const [name, path] of Object.entries({ tailcast: fileURLToPath(ROOT), ...packages })) {
      const link = join(folder, "node_modules", name);
      await mkdir(dirname(link), { recursive: true });
      await symlink(path, link, "dir");
    }
    await writeFile(join(folder, "package.json"), JSON.stringify({ name: "readme", private: true, type: "module" }));
    await writeFile(join(folder, `main.${language}`), text);
    if (language === "ts") await compile(folder);
    const stdout = await execute(folder, text);
    if (output !== undefined) assertOutput(stdout, output.text);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Runs a module to its end; one that listens ends when it has answered a request for each path that it names. */
async function execute(folder: string, text: string): Promise<string> {
  const paths = [...text.matchAll(/"(\/[\w/.-]*)"/g)].map(([, path]) => path);
  const env = { ...process.env, README_PATHS: JSON.stringify([...new Set(paths)]) };
  const args = ["--no-warnings", "--import", PRELOAD, "main.js"];
  try {
    return (await run(process.execPath, args, { cwd: folder, env, timeout: TIMEOUT, killSignal: "SIGKILL" })).stdout;
  } catch (error) {
    const { signal, stdout, stderr, message } = error as Error & { signal?: string; stdout: string; stderr: string };
    // The preload ends a server with SIGTERM, which a module may handle or not.
    if (signal === "SIGTERM") return stdout;
    assert.fail(`${message}\n${stderr}`);
  }
}

async function compile(folder: string): Promise<void> {
  const compilerOptions = {
    module: "nodenext",
    target: "es2023",
    strict: true,
    types: ["node"],
    typeRoots: [fileURLToPath(new URL("node_modules/@types", ROOT))],
  };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["main.ts"] }));
  const tsc = fileURLToPath(new URL("node_modules/typescript/bin/tsc", ROOT));
  await run(process.execPath, [tsc, "-p", folder]).catch((error: { stdout: string }) => assert.fail(error.stdout));
}

/** Fails unless the block is the file that it says it is. */
export function assertIsExample({ text }: Block, path: string): void {
  assert.equal(text, readFileSync(new URL(path, ROOT), "utf8"));
}
