import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { makeFolder } from "./folder.mjs";

const PROGRAM = fileURLToPath(new URL("../../../dist/server.js", import.meta.url));

/** The program as a child process on a free port, with its own data folder. */
export class BuildServer {
  #args;
  #path;
  #child;
  #ended;
  /** `http://127.0.0.1:<port>` */
  url = "";

  /** Starts it; it ends with the test. `path` is the `PATH` of its builds, by default without these managers. */
  static async start(t, { args = [], path = systemPath() } = {}) {
    assert.ok(existsSync(PROGRAM), 'there is no dist/server.js: run "npm run build" in the root of the repository');
    const server = new BuildServer();
    // First: it writes to the folder until it has ended.
    t.after(() => server.end("SIGTERM"));
    server.#args = ["--data", await makeFolder(t), ...args];
    server.#path = path;
    await server.#spawn("0");
    return server;
  }

  /** Sends a signal, and waits for its end. Resolves with its exit code, or else with the signal that ended it. */
  async end(signal) {
    this.#child?.kill(signal);
    const [code, cause] = (await this.#ended) ?? [];
    return code ?? cause;
  }

  /** Starts it again after its end, at the same address. */
  async restart() {
    const { url } = this;
    await this.#spawn(new URL(url).port);
    assert.equal(this.url, url);
  }

  /** All builds, the newest first. */
  async builds() {
    return (await this.#json("/api/builds")).builds;
  }

  /** Requests a build; resolves with its JSON. */
  async build(projectPath) {
    const body = new URLSearchParams({ projectPath });
    return (await this.#json("/api/project/build", { method: "POST", body })).build;
  }

  /** Resolves with the lines of a build's log, when the build has ended. */
  async log(id) {
    const response = await fetch(`${this.url}/api/builds/${id}/log`);
    return (await response.text()).split("\n").slice(0, -1);
  }

  async #spawn(port) {
    const child = spawn(process.execPath, [PROGRAM, "--port", port, ...this.#args], {
      env: { ...process.env, PATH: this.#path },
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#child = child;
    this.#ended = once(child, "close");
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (piece) => (text += piece));
    while (!text.includes("\n")) await Promise.race([once(child.stdout, "data"), this.#ended.then(failToStart)]);
    this.url = text.trim();
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

function failToStart() {
  throw new Error("dist/server.js ended before it listened");
}
