/**
 * The test service for `sse-contract-tests`, a public suite for clients of event streams. It runs `follow()` as the
 * suite asks, and reports events and errors to it.
 *
 * Usage: `node contract-service.mjs [PORT]`, then `sse-contract-tests -url http://127.0.0.1:PORT`. Default: 8000.
 */
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { follow } from "../../../dist/client/index.js";

/** Every optional part of the suite except "comments", which `follow()` does not return. */
const CAPABILITIES = [
  ...["bom", "headers", "last-event-id", "post", "read-timeout", "report", "restart"],
  "server-directed-shutdown-request",
];

const followers = new Map();
let count = 0;

function start({ streamUrl, callbackUrl, initialDelayMs, readTimeoutMs, lastEventId, headers, method, body }) {
  let sent = 0;
  let sending = Promise.resolve();
  /** Sends a message to the suite, in the order of the calls. */
  const send = (message) => {
    const url = `${callbackUrl}/${++sent}`;
    sending = sending.then(() => fetch(url, { method: "POST", body: JSON.stringify(message) })).catch(() => undefined);
  };
  const follower = follow(streamUrl, {
    headers,
    method,
    body,
    lastEventId,
    silence: readTimeoutMs ?? undefined,
    retry: initialDelayMs == null ? undefined : { initial: initialDelayMs, min: 0 },
    onConnection: ({ state, error }) => {
      if (state === "waiting") send({ kind: "error", error: String(error ?? "the stream has ended") });
    },
  });
  const read = async () => {
    for await (const { type, data, lastEventId: id } of follower) send({ kind: "event", event: { type, data, id } });
  };
  read().catch((error) => send({ kind: "error", error: String(error) }));
  return follower;
}

async function answer(request, response) {
  const { method, url } = request;
  const follower = followers.get(url);
  if (url === "/" && method === "GET") return response.end(JSON.stringify({ capabilities: CAPABILITIES }));
  if (url === "/" && method === "DELETE") return response.end(() => process.exit());
  if (url === "/" && method === "POST") {
    const path = `/streams/${++count}`;
    followers.set(path, start(await json(request)));
    return response.writeHead(201, { Location: path }).end();
  }
  if (follower === undefined) return response.writeHead(404).end();
  if (method === "DELETE") await follower.return();
  else if ((await json(request)).command === "restart") follower.reconnect();
  response.writeHead(204).end();
}

const server = createServer((request, response) => void answer(request, response));
server.listen(Number(process.argv[2] ?? 8000), "127.0.0.1");
