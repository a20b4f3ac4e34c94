import { Tab } from "./tab.mjs";
import { WORD } from "./word.mjs";

/** The time after which a page has given up, in milliseconds. */
export const GIVE_UP = 30_000;

/**
 * @typedef {object} Finished - Times from the navigation, in milliseconds; those that are missing took too long.
 * @property {number} [first] - Until any line is visible.
 * @property {number} [fifth] - Until line 5 is, after a link to it.
 * @property {number} [last] - Until the last line is.
 * @property {number} [found] - Until a word was found, and its line is visible.
 * @property {number} [nodes] - The most after any of them and a collection, as `heap` and `total`, in bytes.
 */

/**
 * A page that shows the log of a build that has ended.
 *
 * @returns {Promise<Finished>}
 */
export async function finished(site, log, { server, sites }) {
  const address = site.address(server.url, sites.origin, log.id);
  const measured = {};
  for (const [name, goal] of Object.entries(GOALS)) {
    const tab = await Tab.open();
    try {
      await tab.go(name === "fifth" ? `${address}#L5` : address);
      const time = await goal(tab, log);
      for (const [kind, size = 0] of Object.entries(await tab.memory())) {
        measured[kind] = Math.max(size, measured[kind] ?? 0);
      }
      // The other goals take longer still.
      if (time === undefined) break;
      measured[name] = time;
    } finally {
      await tab.close();
    }
  }
  return measured;
}

const GOALS = {
  first: (tab) => tab.ask(firstSeen, undefined, GIVE_UP),
  fifth: (tab, { fifth }) => {
    return tab.ask((line) => window.bench.seen(line, () => window.site?.goToLine(line.number)), fifth, GIVE_UP);
  },
  last: (tab, { last }) => tab.ask((line) => window.bench.seen(line), last, GIVE_UP),
  found: async (tab, { marked }) => {
    await tab.ask(firstSeen, undefined, GIVE_UP);
    if (await tab.ask(() => window.site === undefined)) {
      await tab.page.locator("#find-button").click();
      await tab.page.keyboard.insertText(WORD);
    }
    const look = ([line, word]) => {
      const isWanted = () => window.site?.isComplete() === true;
      return window.bench.seen(line, () => isWanted() && window.site.find(word));
    };
    return tab.ask(look, [marked, WORD], GIVE_UP);
  },
};

/** Runs in the page: resolves with the time at which it shows a line. */
function firstSeen() {
  const isShown = () =>
    document.querySelector("#sections .line:not(.absent) .text, #log div[id^=L]")?.textContent.length > 0;
  return new Promise((resolve) => {
    const look = () => (isShown() ? resolve(performance.now()) : requestAnimationFrame(look));
    look();
  });
}
