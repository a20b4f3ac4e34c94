import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { makeFolder } from "./folder.mjs";
import { Program } from "./program.mjs";

const PROGRAM = fileURLToPath(new URL("../../../dist/server.js", import.meta.url));

/** The build server as a child process on a free port, with its own data folder. */
export class BuildServer extends Program {
  /** Starts it; it ends with the test. `path` is the `PATH` of its builds, by default without these managers. */
  static async start(t, { args = [], path = systemPath() } = {}) {
    assert.ok(existsSync(PROGRAM), 'there is no dist/server.js: run "npm run build" in the root of the repository');
    const data = await makeFolder(t);
    return super.start(t, (port) => ({
      args: [PROGRAM, "--port", port, "--data", data, ...args],
      env: { PATH: path },
    }));
  }

  /** All builds, the newest first. */
  async builds() {
    return (await this.#json("/api/builds")).builds;
  }

  /** Requests a build, with the inputs of the form if they are given; resolves with its JSON. */
  async build(projectPath, inputs = {}) {
    const body = new URLSearchParams({ projectPath, ...inputs });
    return (await this.#json("/api/project/build", { method: "POST", body })).build;
  }

  /** Resolves with the lines of a build's log, when the build has ended. */
  async log(id) {
    const response = await fetch(`${this.url}/api/builds/${id}/log`);
    return (await response.text()).split("\n").slice(0, -1);
  }

  async #json(path, init) {
    const response = await fetch(this.url + path, init);
    assert.ok(response.ok, `${path} was answered ${response.status}`);
    return response.json();
  }
}

/** The `PATH` of the machine, without what npm adds to it for its scripts. */
export function systemPath() {
  return process.env.PATH.split(":")
    .filter((directory) => !directory.includes("node_modules"))
    .join(":");
}
