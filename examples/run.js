// An answer that outlives its reader: node examples/run.js, then reload the page, open it twice, or stop the answer
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { ChannelGroup } from "tailcast";

/** Stands for a model. */
async function* askModel(signal) {
  for (let word = 1; word <= 100; word++) {
    await delay(Number(process.env.TOKEN_DELAY ?? 100), undefined, { signal });
    yield `word ${word} `;
  }
}

const runs = new ChannelGroup({
  channel: { backlog: "all", capacity: 100_000 }, // each reader gets the whole answer
  idleTimeout: Number(process.env.IDLE_TIMEOUT ?? 60_000), // a model must not be silent for longer
});
const controllers = new Map(); // by the id of a run in progress

/** Publishes the answer until it ends or is stopped, whether or not it has a reader. */
async function run(id, channel) {
  const controller = new AbortController();
  controllers.set(id, controller);
  let outcome = "done";
  try {
    for await (const token of askModel(controller.signal)) channel.publish(token);
  } catch (error) {
    outcome = controller.signal.aborted ? "stopped" : "failed";
    if (outcome === "failed") console.error("Cannot answer:", error);
  }
  controllers.delete(id);
  if (channel.state !== "open") return; // the process ends
  channel.publish({ event: "end", data: outcome });
  channel.end(); // each reader gets the rest
}

async function start(response) {
  const id = randomUUID();
  const channel = await runs.get(id);
  response.end(id);
  void run(id, channel);
}

const server = createServer((request, response) => {
  const [, route, id] = new URL(request.url, "http://localhost").pathname.split("/");
  if (route === "" && request.method === "GET") {
    response.setHeader("Content-Type", "text/html").end(PAGE);
  } else if (route === "runs" && request.method === "POST") {
    start(response).catch((error) => response.writeHead(503).end(error.message)); // too many runs
  } else if (route === "runs" && request.method === "DELETE") {
    controllers.get(id)?.abort();
    response.writeHead(204).end();
  } else if (route === "runs" && runs.find(id) !== undefined) {
    runs.handle(id, request, response).catch(console.error);
  } else {
    response.writeHead(404).end(); // the answer has expired: an EventSource does not reconnect
  }
});
server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
process.once("SIGTERM", () => {
  server.close();
  for (const controller of controllers.values()) controller.abort();
  runs.close();
});

const PAGE = `<button id="start">Ask</button> <button id="stop">Stop</button><pre></pre><script>
  const answer = document.querySelector("pre");
  const follow = () => {
    const source = new EventSource("/runs/" + location.hash.slice(1));
    source.onmessage = ({ data }) => answer.append(data);
    source.addEventListener("end", ({ data }) => { answer.append("(" + data + ")"); source.close(); });
    source.onerror = () => { if (source.readyState === 2) answer.append("(expired)"); };
  };
  document.querySelector("#start").onclick = async () => {
    location.hash = await (await fetch("/runs", { method: "POST" })).text();
    location.reload();
  };
  document.querySelector("#stop").onclick = () => fetch("/runs/" + location.hash.slice(1), { method: "DELETE" });
  if (location.hash) follow();
</script>`;
