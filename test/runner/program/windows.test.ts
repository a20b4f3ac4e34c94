import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { findWindowsProgram, taskkill, windowsCall } from "../../../dist/runner/program/windows.js";
import type { IsFile } from "../../../dist/runner/program/windows.js";

const NODE = "C:\\Program Files\\nodejs";
const ROAMING = "C:\\Users\\me\\AppData\\Roaming\\npm";

function disk(...files: readonly string[]): IsFile {
  return async (path) => files.includes(path);
}

describe("findWindowsProgram()", () => {
  it("finds the first program or batch file on Path, whatever the case of its name", async () => {
    const isFile = disk(`${ROAMING}\\npm.cmd`, `${NODE}\\npm.cmd`, `${NODE}\\git.exe`, `${NODE}\\git.cmd`);
    for (const variable of ["Path", "PATH", "path"]) {
      const env = { Other: NODE, [variable]: `relative;;${ROAMING};${NODE}` };
      assert.equal(await findWindowsProgram("npm", env, isFile), `${ROAMING}\\npm.cmd`);
      assert.equal(await findWindowsProgram("git", env, isFile), `${NODE}\\git.exe`);
      assert.equal(await findWindowsProgram("git.CMD", env, disk(`${NODE}\\git.CMD`)), `${NODE}\\git.CMD`);
      assert.equal(await findWindowsProgram("pnpm", env, isFile), undefined);
    }
    assert.equal(await findWindowsProgram("npm", {}, isFile), undefined);
  });

  it("checks real files by default", async () => {
    assert.equal(await findWindowsProgram("npm", { PATH: NODE }), undefined);
  });
});

describe("windowsCall()", () => {
  const env = { Path: `${NODE};${ROAMING}` };

  it("calls the scripts behind the batch files of package managers", async () => {
    const cases = [
      ["npm", `${NODE}\\npm.cmd`, `${NODE}\\node_modules\\npm\\bin\\npm-cli.js`],
      ["npm.cmd", `${NODE}\\npm.cmd`, `${NODE}\\node_modules\\npm\\bin\\npm-cli.js`],
      ["pnpm", `${ROAMING}\\pnpm.cmd`, `${ROAMING}\\node_modules\\pnpm\\bin\\pnpm.cjs`],
      ["pnpm", `${NODE}\\pnpm.cmd`, `${NODE}\\node_modules\\corepack\\dist\\pnpm.js`],
      ["yarn", `${ROAMING}\\yarn.cmd`, `${ROAMING}\\node_modules\\yarn\\bin\\yarn.js`],
      ["corepack", `${NODE}\\corepack.cmd`, `${NODE}\\node_modules\\corepack\\dist\\corepack.js`],
    ] as const;
    for (const [command, file, script] of cases) {
      const call = await windowsCall({ command, args: ["ci", "& calc"] }, env, disk(file, script));
      assert.deepEqual(call, { command: process.execPath, args: [script, "ci", "& calc"] });
    }
  });

  it("names programs by their absolute path, and keeps missing commands unchanged", async () => {
    for (const [command, called, ...files] of [
      ["npm", `${NODE}\\npm.exe`, `${NODE}\\npm.exe`, `${NODE}\\npm.cmd`],
      ["git", "git"],
      ["C:\\tools\\make.exe", "C:\\tools\\make.exe"],
      ["./make", "./make"],
    ] as const) {
      const call = await windowsCall({ command, args: ["x"] }, env, disk(...files));
      assert.deepEqual(call, { command: called, args: ["x"] });
    }
  });

  it("explains the problem when it knows no script behind a batch file", async () => {
    for (const [command, file] of [
      ["npm", `${NODE}\\npm.cmd`],
      ["gulp", `${ROAMING}\\gulp.cmd`],
      ["constructor", `${ROAMING}\\constructor.cmd`],
      ["C:\\tools\\run.BAT", "C:\\tools\\run.BAT"],
    ] as const) {
      const problem = "is a batch file, which can only be started through a shell";
      const reason = `${file} ${problem}, and the script behind it was not found`;
      assert.equal(await windowsCall({ command, args: [] }, env, disk(file)), reason);
    }
  });
});

describe("taskkill()", () => {
  it("names the program by its absolute path", () => {
    const args = ["/T", "/F", "/PID", "42"];
    assert.deepEqual(taskkill(42, { SystemRoot: "D:\\Win" }), { command: "D:\\Win\\System32\\taskkill.exe", args });
    assert.deepEqual(taskkill(42, {}), { command: "C:\\Windows\\System32\\taskkill.exe", args });
  });
});
