import { readFileSync } from "node:fs";
import { Chat } from "@ai-sdk/react";
import { DefaultChatTransport } from "ai";
import { EventSource as NodeEventSource } from "eventsource";
import { createEventSource } from "eventsource-client";
import { EventSource as UndiciEventSource } from "undici";
import { addScript } from "./page-clients.mjs";

/** The data of an event for htmx, which appends the element to the page. */
const htmlEvent = (text) => `<i>${text}</i>`;

/** Calls `see` with the text of each `<i>` that is added to the page. */
function watchPage(page) {
  return page.evaluate(() => {
    const watch = (records) => {
      for (const node of records.flatMap(({ addedNodes }) => [...addedNodes])) {
        if (node.nodeName === "I") window.see(node.textContent);
      }
    };
    new MutationObserver(watch).observe(document.body, { childList: true, subtree: true });
  });
}

/** Adds HTML to a page. Its scripts run. */
export function addHtml(page, html) {
  return page.evaluate((html) => {
    document.body.append(document.createRange().createContextualFragment(html));
  }, html);
}

/** Loads the library of a client into a page. */
export const LOADERS = {
  "event-source-polyfill": (page) => addScript(page, "event-source-polyfill/src/eventsource.js"),
  "@microsoft/fetch-event-source": (page) => {
    return page.evaluate(async () => {
      Object.assign(window, await import("/@microsoft/fetch-event-source/lib/esm/index"));
    });
  },
  "sse.js": (page) => addModule(page, "sse.js/lib/sse.js", "window.SSE = SSE;"),
  "htmx-2": async (page) => {
    await addScript(page, "htmx-2/dist/htmx.js");
    await addScript(page, "htmx-ext-sse/sse.js");
    await watchPage(page);
  },
  "htmx.org": async (page) => {
    await addScript(page, "htmx.org/dist/htmx.js");
    await addScript(page, "htmx.org/dist/ext/hx-sse.js");
    await watchPage(page);
  },
  "@starfederation/datastar": async (page) => {
    await watchPage(page);
    await addModule(page, "@starfederation/datastar/dist/datastar.js");
  },
};

/** Runs a module of a package in a page, and then more text in its scope. */
async function addModule(page, path, text = "") {
  const source = readFileSync(new URL(`../node_modules/${path}`, import.meta.url), "utf8");
  const module = source.replace(/^export\s*\{[^}]*\};?$/gm, "");
  const end = `window.loadedModule = ${JSON.stringify(path)};`;
  await page.addScriptTag({ type: "module", content: [module, text, end].join("\n") });
  // A module without a URL runs later than the call that adds it.
  await page.waitForFunction((path) => window.loadedModule === path, path, { polling: 10 });
}

/** Adds the listeners of a client with the interface of an EventSource. */
function listen(source, see) {
  source.addEventListener("message", ({ data }) => see(data));
  source.addEventListener("gap", () => see("gap"));
}

/** Opens `new window[name](url, options)` in a page. */
function openInPage(page, url, name, options) {
  const open = ([url, name, options]) => {
    const source = new window[name](url, options);
    source.addEventListener("message", ({ data }) => window.see(data));
    source.addEventListener("gap", () => window.see("gap"));
  };
  return page.evaluate(open, [url, name, options]);
}

/**
 * The clients of the table in examples/README.md, as their documentation shows them.
 *
 * - `title`: the client, as in the table; `name`: its package; `others`: packages that belong to it.
 * - `open`: follows the stream at `url`. It calls `see` with the data of each message, and with `gap` for a gap. A
 *   client with `inPage` is opened in a page that has loaded its library; with `isReadFirst`, the page loads it later.
 * - `event`: the event that the server publishes for a text.
 */
export const CLIENTS = [
  {
    title: "[eventsource](https://www.npmjs.com/package/eventsource)",
    name: "eventsource",
    open(t, { url, see }) {
      const source = new NodeEventSource(url);
      t.after(() => source.close());
      listen(source, see);
    },
  },
  {
    title: "[eventsource-client](https://www.npmjs.com/package/eventsource-client)",
    name: "eventsource-client",
    open(t, { url, see }) {
      const source = createEventSource({
        url,
        onMessage: ({ event, data }) => see(event === "gap" ? "gap" : data),
      });
      t.after(() => source.close());
    },
  },
  {
    title: "`EventSource` of [undici](https://www.npmjs.com/package/undici)",
    name: "undici",
    open(t, { url, see }) {
      const source = new UndiciEventSource(url);
      t.after(() => source.close());
      listen(source, see);
    },
  },
  {
    title: "`EventSource` of Chromium",
    inPage: true,
    open: (page, { url }) => openInPage(page, url, "EventSource"),
  },
  {
    title: "[event-source-polyfill](https://www.npmjs.com/package/event-source-polyfill)",
    name: "event-source-polyfill",
    inPage: true,
    open: (page, { url }) => openInPage(page, url, "EventSourcePolyfill"),
  },
  {
    title: "[fetch-event-source](https://www.npmjs.com/package/@microsoft/fetch-event-source)",
    name: "@microsoft/fetch-event-source",
    inPage: true,
    open(page, { url }) {
      return page.evaluate((url) => {
        const onmessage = ({ event, data }) => window.see(event === "gap" ? "gap" : data);
        void window.fetchEventSource(url, { onmessage, openWhenHidden: true });
      }, url);
    },
  },
  {
    title: "[sse.js](https://www.npmjs.com/package/sse.js) with `autoReconnect`",
    name: "sse.js",
    inPage: true,
    open: (page, { url }) => openInPage(page, url, "SSE", { autoReconnect: true }),
  },
  {
    title: "[htmx](https://www.npmjs.com/package/htmx.org) 2 with htmx-ext-sse",
    name: "htmx-2",
    others: ["htmx-ext-sse"],
    inPage: true,
    event: htmlEvent,
    async open(page, { path }) {
      const gap = "<b sse-swap=gap></b>";
      await addHtml(page, `<div hx-ext=sse sse-connect=${path}><p sse-swap=message hx-swap=beforeend></p>${gap}</div>`);
      await page.evaluate(() => {
        document.querySelector("b").addEventListener("htmx:sseMessage", () => window.see("gap"));
        window.htmx.process(document.body);
      });
    },
  },
  {
    title: "[htmx](https://www.npmjs.com/package/htmx.org) 4 with hx-sse",
    name: "htmx.org",
    inPage: true,
    event: htmlEvent,
    async open(page, { path }) {
      await addHtml(page, `<p hx-sse:connect=${path} hx-swap=beforeend></p>`);
      await page.evaluate(() => {
        document.querySelector("p").addEventListener("gap", () => window.see("gap"));
        window.htmx.process(document.body);
      });
    },
  },
  {
    title: "[Datastar](https://www.npmjs.com/package/@starfederation/datastar)",
    name: "@starfederation/datastar",
    inPage: true,
    isReadFirst: true,
    event: (text) => ({
      event: "datastar-merge-fragments",
      data: `mergeMode append\nselector #log\nfragments <i>${text}</i>`,
    }),
    open(page, { path }) {
      return addHtml(page, `<div data-on-load="@get('${path}', {openWhenHidden: true})"></div><p id=log></p>`);
    },
  },
  {
    title: "`useChat` of the [AI SDK](https://www.npmjs.com/package/ai)",
    name: "ai",
    others: ["@ai-sdk/react"],
    event: (text) => JSON.stringify({ type: "data-text", data: text }),
    open(t, { url, see }) {
      const transport = new DefaultChatTransport({ api: url });
      const chat = new Chat({ id: "chat", transport, onData: ({ data }) => see(data) });
      t.after(() => chat.stop());
      void chat.sendMessage({ text: "question" });
    },
  },
];
