import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { chromium } from "playwright-core";

const EXECUTABLE = "/usr/bin/chromium";
const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"];

const VIEWPORT = { width: 1280, height: 800 };

/** How long a page may take to answer a question, in milliseconds. */
const PATIENCE = 10_000;

/** How long the browser may take to deliver what it has recorded, in milliseconds. */
const TRACE_PATIENCE = 60_000;

/** Runs in each page before its own scripts: counts frames and long tasks since `begin`. */
function watch() {
  let frames = 0;
  let since = 0;
  let tasks = [];
  const count = () => {
    frames++;
    requestAnimationFrame(count);
  };
  requestAnimationFrame(count);
  new PerformanceObserver((list) => tasks.push(...list.getEntries())).observe({ type: "longtask" });
  window.bench = {
    begin: () => {
      frames = 0;
      tasks = [];
      since = performance.now();
    },
    end: () => ({
      fps: (frames * 1000) / (performance.now() - since),
      long: tasks.filter(({ duration }) => duration > 100).length,
      longest: Math.max(0, ...tasks.map(({ duration }) => duration)),
    }),
    /** Resolves with the time since the navigation when a line is visible, after `act` was called in each frame. */
    seen: ({ number, text }, act) =>
      new Promise((resolve) => {
        const look = () => {
          act?.();
          const row = document.getElementById(`L${number}`);
          const { top, bottom } = row?.getBoundingClientRect() ?? { top: -1, bottom: -1 };
          const isSeen = top >= 0 && bottom <= innerHeight && row.textContent.includes(text);
          if (isSeen) resolve(performance.now());
          else requestAnimationFrame(look);
        };
        look();
      }),
  };
}

/** A tab in a Chromium of its own. A page that is frozen does not answer: its answers are `undefined`. */
export class Tab {
  #browser;
  #devtools;
  #system;
  /** Playwright's page. */
  page;

  static async open() {
    const tab = new Tab();
    tab.#browser = await chromium.launch({ executablePath: EXECUTABLE, args: ARGS });
    tab.page = await tab.#browser.newPage({ viewport: VIEWPORT });
    await tab.page.addInitScript(watch);
    tab.#devtools = await tab.page.context().newCDPSession(tab.page);
    tab.#system = await tab.#browser.newBrowserCDPSession();
    return tab;
  }

  /** Opens an address. The page loads while the caller waits for something in it. */
  async go(address) {
    await this.page.goto(address, { waitUntil: "commit" });
  }

  /** Calls a function in the page; `undefined` when it does not answer in time. */
  ask(question, argument, patience = PATIENCE) {
    return within(this.page.evaluate(question, argument), patience);
  }

  /** Begins to record the tasks of the page. */
  async record() {
    await this.#browser.startTracing(this.page, { categories: ["toplevel"] });
  }

  /** Resolves with the CPU time of the longest task since `record`, in milliseconds: other load does not extend it. */
  async longestTask() {
    const trace = await within(this.#browser.stopTracing(), TRACE_PATIENCE);
    if (trace === undefined) return undefined;
    const { traceEvents } = JSON.parse(trace.toString());
    const threadOf = ({ pid, tid }) => `${pid} ${tid}`;
    const named = traceEvents.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain");
    const threads = new Set(named.map(threadOf));
    const tasks = traceEvents.filter((event) => event.tdur !== undefined && threads.has(threadOf(event)));
    return tasks.reduce((longest, { tdur }) => Math.max(longest, tdur), 0) / 1000;
  }

  /** The CPU time of all processes that run pages and workers, in seconds. */
  async cpu() {
    const { processInfo } = await this.#system.send("SystemInfo.getProcessInfo");
    return processInfo.filter(({ type }) => type === "renderer").reduce((sum, { cpuTime }) => sum + cpuTime, 0);
  }

  /** Memory after a collection: nodes of documents, bytes of JavaScript, and bytes of the processes. */
  async memory() {
    const { processInfo } = await this.#system.send("SystemInfo.getProcessInfo");
    const renderers = processInfo.filter(({ type }) => type === "renderer");
    const collected = await within(this.#devtools.send("HeapProfiler.collectGarbage"), PATIENCE);
    const total = totalOf(renderers);
    if (collected === undefined) return { total };
    const { nodes } = await this.#devtools.send("Memory.getDOMCounters");
    const { usedSize } = await this.#devtools.send("Runtime.getHeapUsage");
    return { nodes, heap: usedSize, total };
  }

  async close() {
    await within(this.#browser.close(), PATIENCE);
  }
}

/** The memory of processes, pages that they share in equal parts. */
function totalOf(processes) {
  return processes.reduce((sum, { id }) => {
    const [, size] = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${id}/smaps_rollup`, "utf8"));
    return sum + Number(size) * 1024;
  }, 0);
}

/** Resolves with the result of a promise; `undefined` when it fails or takes longer. */
async function within(promise, patience) {
  const timer = new AbortController();
  const late = sleep(patience, undefined, { signal: timer.signal });
  try {
    return await Promise.race([promise, late]);
  } catch {
    return undefined;
  } finally {
    timer.abort();
    late.catch(() => {});
  }
}
