import { fileURLToPath } from "node:url";
import { Seen } from "./seen.mjs";

/** Opens a page in a new tab of a context, like {@link loadPage}. */
export async function openPage(context, url) {
  return loadPage(await context.newPage(), url);
}

/** Loads a page and lets its scripts report to the returned {@link Seen}, with the global function `see`. */
export async function loadPage(page, url) {
  const seen = new Seen();
  await page.exposeFunction("see", seen.add);
  await page.goto(url);
  return { page, seen };
}

/** Runs a script of a package in a page. */
export function addScript(page, path) {
  return page.addScriptTag({ path: fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url)) });
}

/** Opens an EventSource in a page, as the global `name`. Its data goes to `see`. */
export function openSource(page, url, { name = "source", options, type = "message" } = {}) {
  const open = ([url, name, options, type]) => {
    const source = new EventSource(url, options);
    source.addEventListener(type, (event) => window.see(event.data));
    window[name] = source;
  };
  return page.evaluate(open, [url, name, options, type]);
}
