import { launchChromium, openContext } from "./chromium.mjs";
import { launchFirefox, newFirefoxPage, openFirefoxContext } from "./firefox.mjs";
import { loadPage } from "./page-clients.mjs";

/**
 * The browsers behind one interface. `open(t, url)` opens a page in a window that closes with the test, and resolves
 * with the page, which has `evaluate` and `waitForFunction`, and with what it reports by `see`.
 */
export const BROWSERS = [
  {
    name: "Chromium",
    async launch() {
      const browser = await launchChromium();
      const open = async (t, url) => loadPage(await (await openContext(t, browser)).newPage(), url);
      return { open, close: () => browser.close() };
    },
  },
  {
    name: "Firefox",
    async launch() {
      const browser = await launchFirefox();
      const open = async (t, url) => loadPage(await newFirefoxPage(await openFirefoxContext(t, browser)), url);
      return { open, close: () => browser.close() };
    },
  },
];
