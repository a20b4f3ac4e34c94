import assert from "node:assert/strict";
import { chmod, rm } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { managerPrograms, managers, unsupportedManagers } from "../../../dist/runner/package-manager/managers.js";
import { planBuild } from "../../../dist/runner/planning/plan.js";
import { openProject } from "../../../dist/runner/project/project.js";
import { makeFolder } from "../../support/folders.js";
import type { TestContext } from "node:test";
import type { Plan, PlanOptions } from "../../../dist/runner/planning/plan.js";

const MANIFEST = { name: "demo", scripts: { build: "true", bundle: "true", "-x": "true" } };
const NO_LOCK = "there is no lock file of it, so the install may pick newer versions";

/** The fields of every install. */
const INSTALL = { killGrace: 30_000, retry: "network" };

/** The program that removes node_modules. */
const REMOVAL = fileURLToPath(new URL("../../../dist/runner/install/remove-modules-program.js", import.meta.url));

interface Scene {
  manifest?: object;
  files?: Readonly<Record<string, string>>;
  /** The programs on PATH: a name, or a name and the version that the program prints. */
  programs?: Readonly<Record<string, string>>;
  app?: string;
  options?: PlanOptions;
}

/** The program of every package manager, with the version that it prints. */
const VERSIONS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(managerPrograms().map((program) => [program, "1.0.0"])),
  ...{ npm: "10.2.0", pnpm: "9.1.0", yarn: "1.22.22", bun: "1.2.0" },
};

// An example that stays unsupported.
Object.assign(unsupportedManagers, { crate: ["crate.lock"] });

/** Plans the build of a project in a folder with these files. In the result, `~` stands for the folder. */
async function plan(t: TestContext, scene: Scene): Promise<Plan> {
  const { manifest = MANIFEST, files = {}, programs = VERSIONS, app = ".", options = {} } = scene;
  const scripts = Object.entries(programs).map(([name, version]) => [name, `#!/bin/sh\necho ${version}\n`] as const);
  const bin = await makeFolder(t, Object.fromEntries(scripts));
  for (const [name] of scripts) await chmod(join(bin, name), 0o755);
  const folder = await makeFolder(t, { [join(app, "package.json")]: JSON.stringify(manifest), ...files });
  const project = await openProject(join(folder, app), [folder]);
  const planned = await planBuild(project, { env: { PATH: ["/nowhere", bin].join(delimiter) }, ...options });
  return JSON.parse(JSON.stringify(planned).replaceAll(folder, "~")) as Plan;
}

/** The commands of a plan with their directories, one line each. */
function commands({ steps }: Plan): string[] {
  return steps.map(({ name, command, args, cwd }) => `${name}: ${[command, ...args].join(" ")} (in ${cwd})`);
}

describe("planBuild()", () => {
  const cases: readonly (readonly [name: string, files: Record<string, string>, install: object])[] = [
    ["npm", { "package-lock.json": "" }, { args: ["ci"] }],
    ["npm", {}, { args: ["install"] }],
    ["pnpm", { "pnpm-lock.yaml": "" }, { args: ["install", "--frozen-lockfile"] }],
    ["pnpm", { "pnpm-workspace.yaml": "" }, { args: ["install", "--no-frozen-lockfile"] }],
    ["bun", { "bun.lock": "" }, { args: ["install", "--frozen-lockfile"] }],
    ["yarn", { "yarn.lock": "" }, { args: ["install", "--frozen-lockfile"] }],
    ["yarn berry", { "yarn.lock": "__metadata:" }, { args: ["install", "--immutable"] }],
    ["yarn berry", { ".yarnrc.yml": "" }, { args: ["install"], env: { YARN_ENABLE_IMMUTABLE_INSTALLS: "false" } }],
  ];

  it("has a case for every package manager", () => {
    const tested = cases.map(([name]) => name);
    const missing = managers.map(({ name }) => name).filter((name) => !tested.includes(name));
    assert.deepEqual(missing, [], "Add a row for each of these package managers to the cases above this test");
  });

  for (const [packageManager, files, install] of cases) {
    const shown = Object.keys(files).join(", ") || "no lock file";
    it(`plans ${packageManager} with ${shown}`, async (t) => {
      const { program = "", run = [] } = managers.find(({ name }) => name === packageManager) ?? {};
      const { reason, pins, ...rest } = await plan(t, { files });
      assert.deepEqual(
        pins?.map(({ path }) => path),
        ["~"],
      );
      assert.ok(reason.startsWith(`${packageManager} ${VERSIONS[program]}, because `), reason);
      assert.deepEqual(rest, {
        projectPath: "~",
        projectName: "demo",
        packageManager,
        script: "build",
        install: "auto",
        warnings: [],
        steps: [
          { name: "install", command: program, ...install, cwd: "~", ...INSTALL },
          { name: "build", command: program, args: [...run, "build"], cwd: "~" },
        ],
      });
    });
  }

  it("throws when the project was removed since it was opened", async (t) => {
    const folder = await makeFolder(t, { "package.json": JSON.stringify(MANIFEST) });
    const project = await openProject(folder, [folder]);
    await rm(folder, { recursive: true });
    const message = "Cannot open the project: its directory was removed";
    await assert.rejects(planBuild(project, {}), { code: "PROJECT_NOT_FOUND", message });
  });

  it("plans yarn 1 and bun without a lock file", async (t) => {
    for (const packageManager of ["yarn@1.22.22", "bun@1.2.0"]) {
      const { steps, reason } = await plan(t, { manifest: { ...MANIFEST, packageManager } });
      const [program = ""] = packageManager.split("@");
      assert.deepEqual(steps[0], { name: "install", command: program, args: ["install"], cwd: "~", ...INSTALL });
      const title = packageManager.replace("@", " ");
      assert.equal(reason, `${title}, because packageManager in package.json names it; ${NO_LOCK}`);
    }
  });

  it("installs in the root of a monorepo and builds in the project", async (t) => {
    const files = { "package.json": '{"workspaces":["packages/*"]}', "yarn.lock": "" };
    const { projectPath, steps, pins = [] } = await plan(t, { app: "packages/app", files });
    assert.deepEqual([projectPath, ...steps.map(({ cwd }) => cwd)], ["~/packages/app", "~", "~/packages/app"]);
    assert.deepEqual(
      pins.map(({ path }) => path),
      ["~/packages/app", "~"],
    );
  });

  it("includes the warnings of the detection", async (t) => {
    const { warnings } = await plan(t, { files: { "crate.lock": "" } });
    assert.deepEqual(warnings, ["crate.lock is there, but its package manager is not supported yet"]);
  });

  describe("with inputs", () => {
    const app = "packages/app";
    const npm = { "package.json": '{"workspaces":["packages/*"]}', "package-lock.json": "" };
    const pnpm = { "pnpm-workspace.yaml": "packages: [packages/*]", "pnpm-lock.yaml": "" };

    it("runs another script", async (t) => {
      const planned = await plan(t, { options: { script: "bundle" } });
      assert.deepEqual(commands(planned), ["install: npm install (in ~)", "build: npm run bundle (in ~)"]);
      assert.deepEqual([planned.script, planned.install], ["bundle", "auto"]);
    });

    it("omits the install", async (t) => {
      const planned = await plan(t, { files: { "package-lock.json": "" }, options: { install: "skip" } });
      assert.deepEqual(commands(planned), ["build: npm run build (in ~)"]);
      assert.match(planned.reason, /package-lock.json is there; the install is skipped, as requested$/);
      assert.equal(planned.install, "skip");
    });

    it("does not remove node_modules before npm ci, which does that itself", async (t) => {
      const planned = await plan(t, { files: { "package-lock.json": "" }, options: { install: "clean" } });
      assert.deepEqual(commands(planned), ["install: npm ci (in ~)", "build: npm run build (in ~)"]);
      const reason = "the install is frozen by package-lock.json; it starts without node_modules, as requested";
      assert.ok(planned.reason.endsWith(`; ${reason}`), planned.reason);
    });

    it("removes node_modules of a monorepo and of its members before a clean install", async (t) => {
      for (const [files, install, run] of [
        [pnpm, "pnpm install --frozen-lockfile", "pnpm run build"],
        // npm removes only that of the root.
        [npm, "npm ci", "npm run build"],
      ] as const) {
        const frozen = await plan(t, { app, files, options: { install: "clean" } });
        assert.deepEqual(commands(frozen), [
          `clean: ${process.execPath} ${REMOVAL} packages/* (in ~)`,
          `install: ${install} (in ~)`,
          `build: ${run} (in ~/${app})`,
        ]);
      }
      const free = await plan(t, { options: { install: "clean" } });
      assert.deepEqual(commands(free), [
        `clean: ${process.execPath} ${REMOVAL} (in ~)`,
        "install: npm install (in ~)",
        "build: npm run build (in ~)",
      ]);
      assert.ok(free.reason.endsWith(`; ${NO_LOCK}; it starts without node_modules, as requested`), free.reason);
    });

    it("lets the package manager change the lock file", async (t) => {
      const planned = await plan(t, { files: { "package-lock.json": "" }, options: { install: "update" } });
      assert.deepEqual(commands(planned), ["install: npm install (in ~)", "build: npm run build (in ~)"]);
      assert.ok(planned.reason.endsWith("; the install may change package-lock.json, as requested"));
    });

    it("refuses unknown choices", async (t) => {
      const wrong = { script: ["", 7, null], install: ["fast", "", null], env: [7, null] };
      for (const [name, values] of Object.entries(wrong)) {
        for (const value of values) {
          const options = { [name]: value } as PlanOptions;
          await assert.rejects(plan(t, { options }), { code: "INVALID_OPTION", message: new RegExp(`"${name}"`) });
        }
      }
      await assert.rejects(
        plan(t, { options: 7 as never }).then(() => planBuild({} as never, 7 as never)),
        {
          code: "INVALID_OPTION",
        },
      );
    });
  });

  describe("calls the manager", () => {
    const manifest = { ...MANIFEST, packageManager: "pnpm@9.1.0+sha512.abc" };
    const named = "pnpm 9.1.0, because packageManager in package.json names it";
    const lock = { "pnpm-lock.yaml": "lockfileVersion: '9.0'" };
    const frozen = "the install is frozen by pnpm-lock.yaml";
    const direct = ["install: pnpm install --frozen-lockfile (in ~)", "build: pnpm run build (in ~)"];
    const throughCorepack = direct.map((line) => line.replace("pnpm", "corepack pnpm"));

    it("through corepack when package.json names it and it is not on PATH", async (t) => {
      const planned = await plan(t, { manifest, files: lock, programs: { corepack: "0.34.0" } });
      assert.deepEqual(commands(planned), throughCorepack);
      assert.equal(planned.reason, `${named}; ${frozen}; it is not on PATH, so corepack runs it`);
      const devEngines = { packageManager: { name: "pnpm", version: "9.1.0" } };
      const engines = await plan(t, {
        manifest: { ...MANIFEST, devEngines },
        files: lock,
        programs: { corepack: "0" },
      });
      assert.deepEqual(commands(engines), throughCorepack);
      assert.ok(engines.reason.startsWith("pnpm, because devEngines in package.json names it; "));
    });

    it("by its name when corepack is missing as well, or when only a lock file names it", async (t) => {
      const missing = await plan(t, { manifest, files: lock, programs: {} });
      assert.deepEqual(commands(missing), direct);
      const because = "packageManager in package.json names it";
      assert.equal(missing.reason, `pnpm, because ${because}; ${frozen}; pnpm is not on PATH`);
      const unnamed = await plan(t, { files: lock, programs: { corepack: "0.34.0" } });
      assert.deepEqual(commands(unnamed), direct);
    });

    it("by its name when the named version is on PATH", async (t) => {
      const planned = await plan(t, { manifest, files: lock, programs: { pnpm: "v9.1.0", corepack: "0.34.0" } });
      assert.deepEqual(commands(planned), direct);
      assert.equal(planned.reason, `${named}; ${frozen}`);
    });

    it("through corepack when packageManager names an exact version that is not the one on PATH", async (t) => {
      const planned = await plan(t, { manifest, files: lock, programs: { pnpm: "10.0.0", corepack: "0.34.0" } });
      assert.deepEqual(commands(planned), throughCorepack);
      const note = "pnpm 10.0.0 is on PATH, so corepack runs the version that is named";
      assert.equal(planned.reason, `${named}; ${frozen}; ${note}`);
    });

    it("by its name, with a warning, when another version is named and corepack is missing", async (t) => {
      const planned = await plan(t, { manifest, files: lock, programs: { pnpm: "10.0.0" } });
      assert.deepEqual(commands(planned), direct);
      assert.equal(planned.reason, `${named.replace("9.1.0", "10.0.0")}; ${frozen}`);
      const found = "pnpm 10.0.0 is on PATH and corepack is not, so pnpm 10.0.0 runs";
      const warning = `packageManager names pnpm@9.1.0, but ${found}`;
      assert.deepEqual(planned.warnings, [warning]);
    });

    it("by its name, without running it for its version, when it is an installed npm or an unnamed pnpm", async (t) => {
      for (const name of ["npm", "pnpm", "yarn"]) {
        const script = "#!/bin/sh\necho 2.0.0\n";
        const bin = await makeFolder(t, { "package.json": JSON.stringify({ name, version: "1.0.0" }), [name]: script });
        await chmod(join(bin, name), 0o755);
        const options = { env: { PATH: bin } };
        const files = { [{ npm: "package-lock.json", pnpm: "pnpm-lock.yaml" }[name] ?? "yarn.lock"]: "" };
        const unnamed = await plan(t, { files, options });
        // yarn must run to print its version: the project may contain another one.
        assert.ok(unnamed.reason.startsWith(`${name} ${name === "yarn" ? "2.0.0" : "1.0.0"}, `), unnamed.reason);
        const named = await plan(t, { manifest: { ...MANIFEST, packageManager: name }, options });
        assert.ok(named.reason.startsWith(`${name} ${name === "npm" ? "1.0.0" : "2.0.0"}, `), named.reason);
      }
    });

    it("by its name when it is npm or bun, as in a shell", async (t) => {
      for (const name of ["npm", "bun"]) {
        const programs = { [name]: "99.0.0", corepack: "0.34.0" };
        const planned = await plan(t, { manifest: { ...MANIFEST, packageManager: `${name}@1.0.0` }, programs });
        assert.equal(planned.steps[0]?.command, name);
        const warning = `packageManager names ${name}@1.0.0, but ${name} 99.0.0 is on PATH, so ${name} 99.0.0 runs`;
        assert.deepEqual(planned.warnings, [warning]);
      }
      const bun = await plan(t, { files: { "bun.lock": "" }, programs: { corepack: "0.34.0" } });
      assert.deepEqual([bun.steps[0]?.command, bun.reason.endsWith("; bun is not on PATH")], ["bun", true]);
    });

    it("by its name when no exact version is named, and through corepack when it does not print one", async (t) => {
      const anyManifest = { ...MANIFEST, packageManager: "pnpm" };
      const any = await plan(t, { manifest: anyManifest, files: lock, programs: { pnpm: "10.0.0", corepack: "0" } });
      assert.deepEqual([...commands(any), ...any.warnings], direct);
      const silent = await plan(t, { manifest, files: lock, programs: { pnpm: "I am pnpm", corepack: "0.34.0" } });
      assert.deepEqual([...commands(silent), ...silent.warnings], throughCorepack);
      const note = "pnpm printed no version, so corepack runs the version that is named";
      assert.equal(silent.reason, `${named}; ${frozen}; ${note}`);
    });

    it("by its name, in a version that is unknown, when it does not print one and corepack is missing", async (t) => {
      const silent = await plan(t, { manifest, files: lock, programs: { pnpm: "I am pnpm" } });
      assert.deepEqual(commands(silent), direct);
      assert.equal(silent.reason, `${named.replace(" 9.1.0", "")}; ${frozen}`);
      const unknown = "pnpm printed no version, so the version that runs is unknown";
      assert.deepEqual(silent.warnings, [`packageManager names pnpm@9.1.0, but ${unknown}`]);
      const unnamed = await plan(t, { files: lock, programs: { pnpm: "9.1", corepack: "0.34.0" } });
      assert.deepEqual([...commands(unnamed), ...unnamed.warnings], [...direct, unknown]);
      const npm = await plan(t, { manifest: { ...MANIFEST, packageManager: "npm@1.0.0" }, programs: { npm: "" } });
      assert.ok(npm.reason.startsWith("npm, because packageManager"), npm.reason);
      assert.deepEqual(npm.warnings, [`packageManager names npm@1.0.0, but ${unknown.replace("pnpm", "npm")}`]);
    });

    it("shows no version when corepack finds another name, or none, where it installs", async (t) => {
      const files = { ...lock, "package.json": "{}", "pnpm-workspace.yaml": "packages: ['*']" };
      const { reason } = await plan(t, { manifest, app: "app", files, programs: { corepack: "0.34.0" } });
      assert.ok(reason.startsWith("pnpm, because packageManager in package.json names it; "), reason);
    });

    it("by its name, without running it, when files show that the named version is installed", async (t) => {
      const bin = await makeFolder(t, { "package.json": '{"name":"pnpm","version":"9.1.0"}', pnpm: "#!/bin/false\n" });
      await chmod(join(bin, "pnpm"), 0o755);
      const planned = await plan(t, { manifest, files: lock, options: { env: { PATH: bin } } });
      assert.deepEqual(commands(planned), direct);
      assert.equal(planned.reason, `${named}; ${frozen}`);
    });
  });

  it("warns when a pnpm of another major version has written the lock file", async (t) => {
    const warnings = async (format: string, pnpm: string): Promise<readonly string[]> => {
      const files = { "pnpm-lock.yaml": `lockfileVersion: ${format}\n\nsettings:\n` };
      return (await plan(t, { files, programs: { pnpm } })).warnings;
    };
    const advice = "name the version as packageManager in package.json, or renew the lock file";
    assert.deepEqual(await warnings("5.4", "10.34.8"), [
      `pnpm-lock.yaml was written by pnpm 7, and pnpm 10.34.8 may refuse it; ${advice}`,
    ]);
    assert.equal((await warnings("'9.0'", "8.15.0")).length, 1);
    assert.equal((await warnings('"6.0"', "9.0.0")).length, 1);
    for (const [format, pnpm] of [
      ["5.4", "7.33.0"],
      ["'6.1'", "8.0.0"],
      ["'9.0'", "11.0.0"],
      ["'99.0'", "9.0.0"],
    ]) {
      assert.deepEqual(await warnings(format ?? "", pnpm ?? ""), [], format);
    }
    const unknown = "pnpm printed no version, so the version that runs is unknown";
    assert.deepEqual(await warnings("5.4", "not a version"), [unknown]);
  });

  describe("without the script", () => {
    const refused: readonly (readonly [manifest: object, message: string])[] = [
      [{ name: "demo" }, "it has no scripts"],
      [{ name: "demo", scripts: {} }, "it has no scripts"],
      [{ name: "demo", scripts: null }, "it has no scripts"],
      [{ name: "demo", scripts: ["build"] }, "it has no scripts"],
      [{ name: "demo", scripts: { build: 7, test: true } }, "it has no scripts"],
      [{ name: "demo", scripts: { build: "", test: "x", start: "y" } }, "its scripts are: test, start"],
    ];
    for (const [manifest, ending] of refused) {
      it(`refuses ${JSON.stringify(manifest)}`, async (t) => {
        const message = `Cannot build demo: its package.json has no "build" script; ${ending}`;
        await assert.rejects(plan(t, { manifest }), { code: "NO_SCRIPT", message });
      });
    }

    it("refuses missing scripts, and names that are options to a package manager", async (t) => {
      const names = { test: "test", "-x": "-x", toString: "toString", __proto__: "__proto__", "a\nb": "a\\nb" };
      for (const [script, shown] of [...Object.entries(names), ["x".repeat(100), "x".repeat(64)]]) {
        const message = `Cannot build demo: its package.json has no "${shown}" script; its scripts are: build, bundle`;
        await assert.rejects(plan(t, { options: { script: script ?? "" } }), { code: "NO_SCRIPT", message });
      }
    });

    it("shows no more than 20 scripts", async (t) => {
      const names = Array.from({ length: 21 }, (_, index) => `s${index}`);
      const scripts = Object.fromEntries(names.map((name) => [name, "x"]));
      const message = new RegExp(`its scripts are: ${names.slice(0, 20).join(", ")}, \\.\\.\\.$`);
      await assert.rejects(plan(t, { manifest: { scripts } }), { code: "NO_SCRIPT", message });
    });
  });

  it("searches the PATH of builds by default", async (t) => {
    const folder = await makeFolder(t, { "package.json": JSON.stringify(MANIFEST) });
    const { steps, reason } = await planBuild(await openProject(folder, [folder]));
    assert.equal(steps.length, 2);
    assert.match(reason, /^npm \d+\.\d+\.\d+, because/);
  });
});
