import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { launch } from "puppeteer-core";
import { PATIENCE } from "./until.mjs";

const EXECUTABLE = "/usr/bin/firefox-esr";

/** Settings that keep the browser on this machine: everything else goes to a proxy that does not exist. */
const PREFERENCES = {
  "app.normandy.enabled": false,
  "app.update.enabled": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "network.proxy.type": 1,
  "network.proxy.http": "127.0.0.1",
  "network.proxy.http_port": 9,
  "network.proxy.ssl": "127.0.0.1",
  "network.proxy.ssl_port": 9,
};

/** Starts Firefox with a temporary profile. Playwright cannot drive Debian's Firefox; WebDriver BiDi can. */
export async function launchFirefox(preferences = {}) {
  const advice = `these tests need Firefox: install ${EXECUTABLE} (Debian: apt-get install firefox-esr)`;
  assert.ok(existsSync(EXECUTABLE), advice);
  return launch({
    browser: "firefox",
    executablePath: EXECUTABLE,
    extraPrefsFirefox: { ...PREFERENCES, ...preferences },
    timeout: PATIENCE,
    protocolTimeout: PATIENCE,
  });
}

/** Opens a browser context with storage of its own. It closes with the test. */
export async function openFirefoxContext(t, browser) {
  const context = await browser.createBrowserContext();
  t.after(() => context.close());
  return context;
}

/** Opens an empty page in a window of its own, because a tab behind another one draws nothing. */
export async function newFirefoxPage(context) {
  const page = await context.newPage({ type: "window" });
  page.setDefaultTimeout(PATIENCE);
  return page;
}
