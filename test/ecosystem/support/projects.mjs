import { createHash } from "node:crypto";
import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { managers } from "../../../dist/runner/package-manager/managers.js";
import { factsOf } from "./managers.mjs";

const SOURCES = fileURLToPath(new URL("../project/", import.meta.url));

/** How each bundler makes `dist/main.js`. */
const BUNDLERS = {
  rollup: { script: "rollup --config", packages: { rollup: "3.29.5", "@rollup/plugin-node-resolve": "16.0.3" } },
  esbuild: {
    script: "esbuild src/main.js --bundle --format=esm --platform=node --outfile=dist/main.js",
    packages: { esbuild: "0.28.2" },
  },
  webpack: { script: "webpack", packages: { webpack: "5.113.0", "webpack-cli": "6.0.1" } },
  vite: { script: "vite build", packages: { vite: "6.4.6" } },
};

const NAMES = Object.keys(BUNDLERS);
const DEPENDENCIES = { "lodash-es": "4.18.1" };
const TURBO = "turbo run pack --log-prefix=none";

/** The root of a monorepo that is built by Turborepo. */
const TURBO_ROOT = {
  // Turborepo asks for the name and a version.
  packageManager: "npm@11.0.0",
  scripts: { bundle: TURBO, build: `${TURBO} && node packages/app/dist/main.js` },
  devDependencies: { turbo: "2.11.11" },
};
const TURBO_JSON = JSON.stringify({ tasks: { pack: { dependsOn: ["^pack"], outputs: ["dist/**"] } } });

/**
 * A project of each package manager with a real bundler, and some of another kind. `built` is the directory that is
 * built, if it is in a monorepo. The repository holds no lock files of these projects, because those of yarn contain
 * addresses of registries.
 */
export const PROJECTS = [
  ...managers.map(({ name }, index) => ({ manager: name, bundler: NAMES[index % NAMES.length] })),
  { manager: "npm", variant: " without a lock file", bundler: "esbuild", hasLock: false },
  {
    manager: "yarn berry",
    variant: " with Plug'n'Play",
    bundler: "rollup",
    files: { "yarn.lock": "", ".yarnrc.yml": "" },
  },
  {
    manager: "pnpm",
    variant: " in a workspace",
    bundler: "esbuild",
    files: factsOf("pnpm").monorepo,
    built: "packages/app",
  },
  {
    manager: "npm",
    variant: " and Turborepo",
    bundler: "esbuild",
    files: { "turbo.json": TURBO_JSON },
    built: ".",
    root: TURBO_ROOT,
  },
];

/**
 * Writes a project into an empty folder.
 *
 * @returns The directory that is built, and the directory of its result.
 */
export async function writeProject(folder, { manager, bundler, files = factsOf(manager).project, built, root }) {
  const { script, packages: devDependencies } = BUNDLERS[bundler];
  const scripts = { bundle: script, build: `${script} && node dist/main.js` };
  const app = join(folder, built === undefined ? "" : "packages/app");
  await cp(SOURCES, app, { recursive: true });
  const manifests = { ".": { name: "real-project", scripts, devDependencies, dependencies: DEPENDENCIES } };
  if (built !== undefined) {
    const dependencies = { lib: manager === "pnpm" ? "workspace:*" : "1.0.0" };
    manifests["."] = { name: "root", workspaces: ["packages/*"], ...root };
    manifests["packages/app"] = { name: "app", scripts: { ...scripts, pack: script }, devDependencies, dependencies };
    manifests["packages/lib"] = { name: "lib", exports: "./index.js", dependencies: DEPENDENCIES };
    await mkdir(join(folder, "packages/lib"));
    await writeFile(join(folder, "packages/lib/index.js"), 'export { padStart, range } from "lodash-es";\n');
    const main = await readFile(join(app, "src/main.js"), "utf8");
    await writeFile(join(app, "src/main.js"), main.replace('"lodash-es"', '"lib"'));
  }
  for (const [path, manifest] of Object.entries(manifests)) {
    const text = JSON.stringify({ version: "1.0.0", private: true, type: "module", ...manifest });
    await writeFile(join(folder, path, "package.json"), text);
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return { project: join(folder, built ?? "."), output: join(app, "dist") };
}

/** The line about the plan, without versions, and the commands of the steps, as the page shows them. */
export function expectedOf({ manager, hasLock = true, built = ".", root = {} }) {
  const { command, lock, frozen } = factsOf(manager);
  const file = built === "." ? lock.file : `../../${lock.file}`;
  const evidence = root.packageManager === undefined ? `${file} is there` : "packageManager in package.json names it";
  const reason = hasLock
    ? `${evidence}; the install is frozen by ${file}`
    : "nothing names another package manager; there is no lock file of it, so the install may pick newer versions";
  return {
    plan: `${manager}, because ${reason}`,
    steps: [hasLock ? frozen : `${command} install`, `${command} run build`],
  };
}

/** Takes the result of a build away: a digest for each file. */
export async function takeOutput(output) {
  const digests = {};
  for (const entry of await readdir(output, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    digests[path.slice(dirname(output).length)] = createHash("sha256").update(await readFile(path)).digest("hex");
  }
  await rm(output, { recursive: true });
  return digests;
}
