import { launchChromium, openContext } from "./chromium.mjs";
import { FirefoxPage } from "./firefox.mjs";
import { openPage } from "./page-clients.mjs";

/**
 * The browsers behind one interface. `open(t, url)` opens a page of a `WebServer` in a tab that closes with the test,
 * and resolves with the page, which has `evaluate` and `waitForFunction`, and with what it reports by `see`.
 */
export const BROWSERS = [
  {
    name: "Chromium",
    async launch() {
      const browser = await launchChromium();
      return {
        open: async (t, url) => openPage(await openContext(t, browser), url),
        close: () => browser.close(),
      };
    },
  },
  {
    name: "Firefox",
    // Each page has a process of its own.
    launch: async () => ({ open: openFirefox, close: async () => {} }),
  },
];

async function openFirefox(t, url) {
  const page = await FirefoxPage.open(t, url);
  return { page, seen: page.seen };
}
