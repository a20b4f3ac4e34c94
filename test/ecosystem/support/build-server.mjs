import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../../../dist/server.js", import.meta.url));

/** The program as people start it, as a child on a free port. */
export class BuildServer {
  #child;
  /** `http://127.0.0.1:<port>` */
  url = "";

  constructor(child) {
    this.#child = child;
  }

  /** Starts it; it ends with the test. `path` is the `PATH` of its builds, by default without our managers. */
  static async start(t, { args = [], path = systemPath() } = {}) {
    assert.ok(existsSync(PROGRAM), 'there is no dist/server.js: run "npm run build" in the root of the repository');
    const data = await mkdtemp(join(tmpdir(), "tailcast-data-"));
    const child = spawn(process.execPath, [PROGRAM, "--port", "0", ...args], {
      env: { TAILCAST_DATA: data, ...process.env, PATH: path },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(child, "close");
    t.after(async () => {
      child.kill("SIGTERM");
      await ended;
      await rm(data, { recursive: true, force: true });
    });
    const server = new BuildServer(child);
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (piece) => (text += piece));
    while (!text.includes("\n")) await Promise.race([once(child.stdout, "data"), ended.then(failToStart)]);
    server.url = text.trim();
    return server;
  }

  /** All builds, the newest first. */
  async builds() {
    return (await this.#json("/api/builds")).builds;
  }

  /** Asks for a build; resolves with its JSON. */
  async build(projectPath) {
    const body = new URLSearchParams({ projectPath });
    return (await this.#json("/api/project/build", { method: "POST", body })).build;
  }

  /** The lines of a build's log. It resolves when the build has ended, since only then the log has. */
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
  return process.env.PATH.split(":").filter((directory) => !directory.includes("node_modules")).join(":");
}

function failToStart() {
  throw new Error("dist/server.js ended before it listened");
}
