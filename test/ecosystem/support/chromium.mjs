import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import { PATIENCE } from "./until.mjs";

const EXECUTABLE = "/usr/bin/chromium";
const ARGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts Chromium with a temporary profile. */
export async function launchChromium() {
  const advice = `these tests need Chromium: install ${EXECUTABLE} (Debian: apt-get install chromium)`;
  assert.ok(existsSync(EXECUTABLE), advice);
  return chromium.launch({ executablePath: EXECUTABLE, args: ARGS, timeout: PATIENCE });
}

/** Opens a browser context with storage of its own; its pages are its tabs. It closes with the test. */
export async function openContext(t, browser, options = {}) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE);
  t.after(() => context.close());
  return context;
}
