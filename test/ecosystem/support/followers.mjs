import { spawn } from "node:child_process";
import { once } from "node:events";
import { get } from "node:http";
import { PassThrough, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { EventStreamDecoder } from "../../../dist/index.js";
import { Seen } from "./seen.mjs";

/** Follows a stream with `curl --compressed`. Resolves with what it receives. */
export function followWithCurl(t, url) {
  return follow(t, (id) => curl(t, url, id));
}

/** Follows a stream with Node's HTTP client and zlib. Resolves with what it receives. */
export function followWithNode(t, url) {
  return follow(t, (id) => node(t, url, id));
}

/** Reconnects with the last event id, as an EventSource does. */
function follow(t, connect) {
  const seen = new Seen();
  let isOver = false;
  t.after(() => (isOver = true));
  const run = async () => {
    const decoder = new EventStreamDecoder();
    while (!isOver) {
      const stream = await connect(decoder.lastEventId);
      stream.on("data", (bytes) => decoder.decode(bytes).forEach(({ data }) => seen.add(data)));
      // Not `once`, for which an error comes before the close.
      await new Promise((resolve) => stream.on("close", resolve));
      decoder.end();
    }
  };
  void run();
  return seen;
}

function curl(t, url, id) {
  const args = ["--silent", "--no-buffer", "--compressed", "--header", `Last-Event-ID: ${id}`, url];
  const child = spawn("curl", args, { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill());
  return child.stdout;
}

async function node(t, url, id) {
  const request = get(url, { agent: false, headers: { "Accept-Encoding": "gzip", "Last-Event-ID": id } });
  t.after(() => request.destroy());
  request.on("error", () => {});
  const response = await once(request, "response").then(
    ([response]) => response,
    () => undefined,
  );
  // The connection was cut before the response: the next one follows.
  if (response === undefined) return Readable.from([]);
  const content = response.headers["content-encoding"] === "gzip" ? createGunzip() : new PassThrough();
  // A gzip member that is cut has no end.
  content.on("error", () => {});
  response.on("error", () => {});
  response.on("data", (bytes) => content.write(bytes));
  response.on("close", () => content.end());
  return content;
}
