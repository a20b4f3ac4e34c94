/**
 * A server whose page follows a channel and fetches all the time: `node fetching-server.mjs`, with `PORT`, and over TLS
 * and HTTP/2 with `KEY` and `CERT`. Each event and each fetched text is the id of the process.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createSecureServer } from "node:http2";
import { Channel } from "../../../dist/index.js";

const PAGE = `<!doctype html><link rel=icon href=data:,><pre></pre><script>
  window.events = [];
  window.fetched = [];
  window.source = new EventSource("/events");
  source.onmessage = ({ data }) => events.push(data);
  const fetchAgain = () => fetch("/text")
    .then((response) => response.text())
    .then((text) => fetched.push(text), () => {})
    .then(() => setTimeout(fetchAgain, 20));
  fetchAgain();
</script>`;

const { PORT = "0", KEY, CERT } = process.env;
const channel = new Channel();
const answer = (request, response) => {
  if (request.url === "/events") return channel.handle(request, response);
  if (request.url === "/text") return response.end(String(process.pid));
  response.setHeader("Content-Type", "text/html");
  response.end(PAGE);
};
const server =
  KEY === undefined
    ? createServer(answer)
    : createSecureServer({ key: readFileSync(KEY), cert: readFileSync(CERT), allowHTTP1: true }, answer);
server.listen(Number(PORT), "127.0.0.1", () => {
  console.log(`${KEY === undefined ? "http" : "https"}://127.0.0.1:${server.address().port}`);
});
const clock = setInterval(() => channel.publish(String(process.pid)), 50);
process.once("SIGTERM", async () => {
  clearInterval(clock);
  server.close();
  await channel.close({ retry: 500 });
});
