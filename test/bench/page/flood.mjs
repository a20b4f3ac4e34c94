import { Tab } from "./tab.mjs";

/** How long a page may take to show the last line after it was printed, in milliseconds. */
const GIVE_UP = 10_000;

/**
 * @typedef {object} Flood
 * @property {number} [fps] - Frames per second while the child printed.
 * @property {number} [long] - Tasks above 100 ms.
 * @property {number} [longest] - The longest task, milliseconds.
 * @property {number} [longestCpu] - The CPU time of the longest task, milliseconds.
 * @property {number} cpu - CPU of the page and its workers, seconds.
 * @property {number} [late] - The time from the end of the build until the last line was visible, milliseconds.
 * @property {number} [nodes] - After a collection, as `heap` and `total`, in bytes.
 */

/**
 * A page that follows a build which prints at a steady rate.
 *
 * @returns {Promise<Flood>} Without what the page was too busy to answer.
 */
export async function flood(site, { lines, rate }, { server, sites }) {
  const build = await server.build(lines, rate);
  const tab = await Tab.open();
  try {
    await tab.go(site.address(server.url, sites.origin, build.id));
    await tab.ask(opened);
    const before = await tab.cpu();
    await tab.record();
    await tab.ask(() => window.bench.begin());
    await build.go();
    const log = await build.ended();
    const asked = performance.now();
    const figures = await tab.ask(() => window.bench.end());
    const seen = await tab.ask((line) => window.bench.seen(line), log.last, GIVE_UP);
    const late = seen === undefined ? undefined : performance.now() - asked;
    const cpu = (await tab.cpu()) - before;
    // A page that does not answer is in a task without an end, which the record lacks.
    const longestCpu = figures === undefined ? undefined : await tab.longestTask();
    return { ...figures, cpu, late, longestCpu, ...(await tab.memory()) };
  } finally {
    await tab.close();
  }
}

/** Runs in the page: resolves when its stream is open. */
function opened() {
  const isOpen = () => window.site?.isOpen() ?? document.querySelector('#connection[data-state="live"]') !== null;
  return new Promise((resolve) => {
    const look = () => (isOpen() ? resolve(true) : requestAnimationFrame(look));
    look();
  });
}
