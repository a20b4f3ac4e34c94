import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

/**
 * @typedef {object} Site - A page that shows a log.
 * @property {string} name - For `--site`.
 * @property {string} title - Its row.
 * @property {(server: string, others: string, id: string) => string} address - The address of the log of a build.
 */

/** @type {readonly Site[]} */
export const SITES = [
  { name: "tailcast", title: "tailcast", address: (server, _, id) => `${server}/builds/${id}` },
  { name: "virtual", title: "a virtual list", address: (...parts) => addressOf("virtual", ...parts) },
  { name: "append", title: "`innerHTML +=`", address: (...parts) => addressOf("append", ...parts) },
];

/** Serves the other pages, which follow the event stream of the build server from another origin. */
export async function serveSites() {
  const pages = new Map();
  for (const name of ["virtual", "append"]) {
    pages.set(`/${name}`, readFileSync(new URL(`./sites/${name}.html`, import.meta.url)));
  }
  const server = createServer((request, response) => {
    const page = pages.get(new URL(request.url, "http://localhost").pathname);
    response.writeHead(page === undefined ? 404 : 200, { "Content-Type": "text/html" }).end(page);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

function addressOf(name, server, others, id) {
  return `${others}/${name}?events=${encodeURIComponent(`${server}/api/builds/${id}/events`)}`;
}
