import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { makeFolder } from "./folder.mjs";
import { Seen } from "./seen.mjs";
import { until } from "./until.mjs";

const EXECUTABLE = "/usr/bin/firefox-esr";

/** Settings that keep the browser on this machine: everything else goes to a proxy that does not exist. */
const PREFERENCES = {
  "app.normandy.enabled": false,
  "app.update.enabled": false,
  "browser.aboutwelcome.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "network.proxy.type": 1,
  "network.proxy.http": "127.0.0.1",
  "network.proxy.http_port": 9,
  "network.proxy.ssl": "127.0.0.1",
  "network.proxy.ssl_port": 9,
  "toolkit.telemetry.reportingpolicy.firstRun": false,
};

/** Opens addresses in the tabs of a separate Firefox, which ends with the test. Resolves with its process. */
export async function spawnFirefox(t, ...urls) {
  assert.ok(
    existsSync(EXECUTABLE),
    `these tests need Firefox: install ${EXECUTABLE} (Debian: apt-get install firefox-esr)`,
  );
  const lines = Object.entries(PREFERENCES).map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});`);
  const profile = await makeFolder(t, { "user.js": lines.join("\n") });
  const child = spawn(EXECUTABLE, ["--headless", "--no-remote", "--profile", profile, ...urls], {
    stdio: "ignore",
    env: { ...process.env, HOME: profile },
  });
  const ended = once(child, "close");
  t.after(async () => {
    child.kill("SIGTERM");
    await ended;
  });
  return child;
}

/** Runs in the page: it fetches one function after another, calls it, and posts the result. */
async function obey(origin) {
  let told = Promise.resolve();
  // One after another, because concurrent requests may overtake each other.
  const tell = (path, value) => {
    const body = JSON.stringify(value ?? null);
    told = told.then(() => fetch(origin + path, { method: "POST", body }));
  };
  window.see = (item) => tell("/seen", item);
  for (;;) {
    const { source, argument } = await (await fetch(`${origin}/next`)).json();
    try {
      tell("/done", { value: await window.eval(`(${source})`)(argument) });
    } catch (error) {
      tell("/done", { error: String(error) });
    }
  }
}

/**
 * A page in a separate Firefox. Playwright cannot drive Debian's older Firefox, so the page runs a script that obeys
 * this object over a server that is independent of the tested one.
 */
export class FirefoxPage {
  #server;
  #waiting;
  #task;
  #settle;
  seen = new Seen();

  /** Opens the page of a `WebServer`, and waits until its script runs. Firefox ends with the test. */
  static async open(t, url) {
    const page = new FirefoxPage();
    const origin = await page.#listen(t);
    const child = await spawnFirefox(t, `${url}/?script=${encodeURIComponent(`${origin}/obey.js`)}`);
    await until(
      () => page.#waiting !== undefined || child.exitCode !== null,
      () => "Firefox did not open the page",
    );
    assert.equal(child.exitCode, null, "Firefox ended before it opened the page");
    return page;
  }

  /** Calls a function in the page, as playwright does: it sees nothing of what surrounds it here. */
  async evaluate(call, argument) {
    assert.equal(this.#settle, undefined, "one call at a time");
    const done = new Promise((resolve) => (this.#settle = resolve));
    this.#task = JSON.stringify({ source: String(call), argument });
    this.#dispatch();
    const { value, error } = await done;
    assert.equal(error, undefined);
    return value;
  }

  async waitForFunction(test) {
    await until(
      () => this.evaluate(test),
      () => `this never held in the page: ${test}`,
    );
  }

  async #listen(t) {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    await once(this.#server.listen(0, "127.0.0.1"), "listening");
    t.after(() => {
      this.#server.close();
      this.#server.closeAllConnections();
    });
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  async #answer(request, response) {
    response.setHeader("Access-Control-Allow-Origin", "*");
    if (request.url === "/next") {
      this.#waiting = response;
      this.#dispatch();
    } else if (request.url === "/obey.js") {
      response.setHeader("Content-Type", "text/javascript");
      response.end(`${obey}\nobey(${JSON.stringify(`http://${request.headers.host}`)});`);
    } else {
      const value = JSON.parse(Buffer.concat(await request.toArray()).toString());
      response.end();
      if (request.url === "/seen") {
        this.seen.add(value);
      } else {
        const settle = this.#settle;
        this.#settle = undefined;
        settle(value);
      }
    }
  }

  #dispatch() {
    if (this.#waiting === undefined || this.#task === undefined) return;
    this.#waiting.end(this.#task);
    this.#waiting = this.#task = undefined;
  }
}
