import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { InstallLedger } from "../../../dist/runner/install/install-ledger.js";
import { pinDirectories } from "../../../dist/runner/project/directory-pin.js";
import { makeFolder } from "../../support/folders.js";
import { FILES, InstallScene, PROGRAM } from "./fake-manager.js";
import type { Built } from "./fake-manager.js";

const ALL = "plan succeeded, install succeeded, build succeeded";
const SKIPPED = "plan succeeded, build succeeded";
const CLEANED = "plan succeeded, clean succeeded, install succeeded, build succeeded";

/** The part of the first line that is about the install. */
function about({ lines }: Built): string {
  return (
    lines[0]
      ?.split("; ")
      .slice(1)
      .join("; ")
      .replace(/[\d.]+ s ago/, "N s ago") ?? ""
  );
}

const FROZEN = "the install is frozen by pnpm-lock.yaml";
const SKIP =
  "the install is skipped, because nothing that it depends on changed since the last one, N s ago, " +
  'and its files are untouched ("clean" forces it)';

describe("the install of a build", () => {
  it("is skipped in a repository with changes, whatever time the package manager takes for its version", async (t) => {
    const scene = await InstallScene.create(t);
    const git = (...args: readonly string[]): void => {
      const names = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
      execFileSync("git", ["-C", scene.folder, ...names, ...args]);
    };
    git("init", "--quiet", "--initial-branch=main");
    git("add", "package.json");
    git("commit", "--quiet", "--message=first");
    await scene.write("package.json", '{"scripts":{"build":"true"},"version":"2.0.0"}');
    await scene.addProgram("pnpm", PROGRAM.replace("echo 10.2.0", "sleep 0.5; echo 10.2.0"));
    assert.match((await scene.build()).lines[0] ?? "", /^pnpm 10\.2\.0 on /);
    assert.equal(about(await scene.build()), SKIP);
  });

  it("is skipped when nothing changed since the last one", async (t) => {
    const scene = await InstallScene.create(t);
    const first = await scene.build();
    assert.deepEqual([first.steps, about(first)], [ALL, FROZEN]);
    const second = await scene.build();
    assert.deepEqual([second.steps, about(second)], [SKIPPED, SKIP]);
    assert.equal((await scene.build({ color: true })).steps, SKIPPED);
  });

  it("is skipped after the one that has created the lock file", async (t) => {
    const scene = await InstallScene.create(t, {
      "package.json": FILES["package.json"] ?? "",
      "pnpm-workspace.yaml": "",
    });
    assert.equal((await scene.build()).steps, ALL);
    assert.equal((await scene.build()).steps, SKIPPED);
  });

  it("is shared by two packages of one monorepo", async (t) => {
    const scene = await InstallScene.create(t, {
      ...FILES,
      "pnpm-workspace.yaml": "packages:\n  - packages/*\n",
      "packages/a/package.json": FILES["package.json"] ?? "",
      "packages/b/package.json": FILES["package.json"] ?? "",
    });
    const first = await scene.build({ projectPath: join(scene.folder, "packages/a") });
    const second = await scene.build({ projectPath: join(scene.folder, "packages/b") });
    assert.deepEqual([first.steps, second.steps], [ALL, SKIPPED]);
    await scene.write("packages/a/package.json", '{"scripts":{"build":"true"},"dependencies":{"x":"1.0.0"}}');
    const third = await scene.build({ projectPath: join(scene.folder, "packages/b") });
    const reason = "it is not skipped, because packages/a/package.json changed since the last install";
    assert.equal(about(third), `the install is frozen by ../../pnpm-lock.yaml; ${reason}`);
  });

  const changes: readonly (readonly [title: string, name: string, change: (scene: InstallScene) => Promise<void>])[] = [
    ["another Node.js", "Node.js", (scene) => scene.addProgram("node", "#!/bin/sh\necho v99.0.0\n")],
    ["another version of the manager", "pnpm", (scene) => scene.addProgram("pnpm", "#!/bin/sh\necho 10.3.0\n")],
  ];
  for (const [title, name, change] of changes) {
    it(`is not skipped after ${title}`, async (t) => {
      const scene = await InstallScene.create(t);
      await scene.build();
      await change(scene);
      const second = await scene.build();
      assert.match(
        about(second),
        new RegExp(`; it is not skipped, because (.*, )?${name} changed since the last install$`),
      );
    });
  }

  it("is not skipped with other variables", async (t) => {
    const scene = await InstallScene.create(t);
    await scene.build();
    const second = await scene.build({ variables: { NODE_ENV: "production" } });
    assert.equal(about(second), `${FROZEN}; it is not skipped, because the environment changed since the last install`);
    assert.equal((await scene.build({ variables: { NODE_ENV: "production" } })).steps, SKIPPED);
  });

  it("starts without node_modules when a part of it was removed", async (t) => {
    const scene = await InstallScene.create(t);
    await scene.build();
    await scene.remove("node_modules/dep/one.js");
    const second = await scene.build();
    const reason = "files were added to node_modules/dep, or removed, since the last install";
    assert.equal(about(second), `${FROZEN}; it starts without node_modules, because ${reason}`);
    assert.equal(second.steps, CLEANED);
    assert.deepEqual((await readdir(join(scene.folder, "node_modules/dep"))).sort(), ["one.js", "two.js"]);
    assert.equal((await scene.build()).steps, SKIPPED);
  });

  it("is not skipped when the project changed while it ran", async (t) => {
    const scene = await InstallScene.create(t, { ...FILES, edit: "" });
    assert.equal((await scene.build()).steps, ALL);
    const second = await scene.build();
    assert.match(about(second), /the result of the last install here is unknown$/);
    assert.equal((await scene.build()).steps, SKIPPED);
  });

  it("is not skipped when a script of the project may generate files", async (t) => {
    const manifest = '{"scripts":{"build":"true","postinstall":"generate"}}';
    const scene = await InstallScene.create(t, { ...FILES, "package.json": manifest });
    await scene.build();
    const reason = "the script postinstall in package.json may generate files";
    assert.equal(about(await scene.build()), `${FROZEN}; it is not skipped, because ${reason}`);
  });

  it("runs when the request asks for it", async (t) => {
    const scene = await InstallScene.create(t);
    await scene.build();
    const clean = await scene.build({ install: "clean" });
    assert.deepEqual(
      [clean.steps, about(clean)],
      [CLEANED, `${FROZEN}; it starts without node_modules, as requested`],
    );
    const update = await scene.build({ install: "update" });
    assert.deepEqual(
      [update.steps, about(update)],
      [ALL, "the install may change pnpm-lock.yaml, as requested"],
    );
    assert.deepEqual(update.record.steps[1]?.command, "pnpm install --no-frozen-lockfile");
    assert.equal(update.record.install, "update");
  });
});

describe("an install that did not succeed", () => {
  const interrupted: readonly (readonly [title: string, how: string, run: (scene: InstallScene) => Promise<Built>])[] =
    [
      ["was cancelled", "was stopped", async (scene) => scene.cancel(await scene.start())],
      ["timed out", "was stopped", (scene) => scene.build()],
      [
        "failed",
        "failed with exit code 3",
        async (scene) => {
          await scene.write("fail");
          await scene.remove("hold");
          return scene.build();
        },
      ],
    ];
  for (const [title, how, run] of interrupted) {
    it(`and ${title} does not spoil the next build`, async (t) => {
      const options = title === "timed out" ? { timeout: 3000 } : {};
      const scene = await InstallScene.create(t, { ...FILES, hold: "" }, options);
      const first = await run(scene);
      assert.notEqual(first.record.status, "succeeded");
      assert.deepEqual(await readdir(join(scene.folder, "node_modules/dep")), ["one.js"]);
      for (const name of ["hold", "fail"]) await scene.remove(name).catch(() => undefined);
      const skip = await scene.build({ install: "skip" });
      assert.ok(skip.lines.includes(`warning: the last install here ${how}; node_modules may be incomplete`));
      const second = await scene.build();
      const reason = `the last install here ${how}, and may have left broken packages`;
      assert.equal(about(second), `${FROZEN}; it starts without node_modules, because ${reason}`);
      assert.equal(second.steps, CLEANED);
      assert.ok(second.lines.includes("removed node_modules (1 file)"), second.lines.join("\n"));
      assert.equal((await scene.build()).steps, SKIPPED);
    });
  }

  it("is known to the next server, even if this one was killed", async (t) => {
    const ledger = await InstallLedger.open(join(await makeFolder(t), "installs"));
    const scene = await InstallScene.create(t, { ...FILES, "node_modules/dep/one.js": "" }, {}, ledger);
    const [pin] = await pinDirectories([scene.folder]);
    assert.ok(pin);
    // The state on disk while an install runs.
    const unfinished = "was running when the server ended";
    await ledger.write({ pin, time: new Date().toISOString(), unfinished, stamp: null });
    const second = await scene.build();
    const reason = `the last install here ${unfinished}, and may have left broken packages`;
    assert.equal(about(second), `${FROZEN}; it starts without node_modules, because ${reason}`);
    assert.equal(second.steps, CLEANED);
  });

  it("is noted before its command starts", async (t) => {
    const ledger = new InstallLedger();
    const scene = await InstallScene.create(t, { ...FILES, hold: "" }, {}, ledger);
    await scene.build({ install: "skip" });
    const [pin] = await pinDirectories([scene.folder]);
    assert.ok(pin);
    assert.equal(await ledger.read(pin), undefined);
    const id = await scene.start();
    await scene.holding();
    assert.equal((await ledger.read(pin))?.unfinished, "was running when the server ended");
    await scene.cancel(id);
  });

  it("has 30 s to end, whatever the grace of other steps is", async (t) => {
    const scene = await InstallScene.create(t, { ...FILES, hold: "", slow: "" }, { killGrace: 0 });
    const { record, lines } = await scene.cancel(await scene.start());
    assert.equal(record.status, "cancelled");
    assert.ok(lines.includes("rolled back"), lines.join("\n"));
    assert.equal(record.steps[1]?.exitCode, 9);
  });

  it("is killed by a second cancel", async (t) => {
    const scene = await InstallScene.create(t, { ...FILES, hold: "", slow: "" }, { killGrace: 0 });
    const { record, lines } = await scene.cancel(await scene.start(), 2);
    assert.ok(!lines.includes("rolled back"), lines.join("\n"));
    assert.equal(record.steps[1]?.signal, "SIGKILL");
  });

  it("does not count when its command could not start", async (t) => {
    const scene = await InstallScene.create(t);
    await scene.build();
    await scene.addProgram("pnpm", "#!/nowhere/sh\n");
    const failed = await scene.build({ install: "update" });
    assert.equal(failed.record.status, "failed");
    assert.match(failed.record.message ?? "", /^install could not start/);
    const skip = await scene.build({ install: "skip" });
    assert.ok(!skip.lines.some((line) => line.includes("incomplete")), skip.lines.join("\n"));
  });
});
