// An answer that outlives its reader: node examples/run.js, then reload the page, open it twice, or stop the answer
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { ChannelGroup, closeOnSignal } from "tailcast";

/** Stands for a model. */
async function* askModel(signal) {
  for (let word = 1; word <= 100; word++) {
    await delay(Number(process.env.TOKEN_DELAY ?? 100), undefined, { signal });
    yield `word ${word} `;
  }
}

const runs = new ChannelGroup({
  channel: { backlog: "all", capacity: Infinity }, // each reader gets the whole answer, up to `capacityBytes`
  idleTimeout: Number(process.env.IDLE_TIMEOUT ?? 60_000), // after its end, and without readers
  openOnRequest: false, // after that, the reply is 204: an EventSource does not reconnect
});

async function start(response) {
  const id = randomUUID();
  await runs.run(id, ({ signal }) => askModel(signal)); // it continues without a reader
  response.end(id);
}

const server = createServer((request, response) => {
  const [, route, id = ""] = request.url.split("?")[0].split("/");
  if (route === "" && request.method === "GET") {
    response.setHeader("Content-Type", "text/html").end(PAGE);
  } else if (route === "runs" && request.method === "POST") {
    start(response).catch((error) => response.writeHead(503).end(error.message)); // too many runs
  } else if (route === "runs" && request.method === "DELETE") {
    runs.stop(id); // each reader receives the event "end" with "stopped"
    response.writeHead(204).end();
  } else if (route === "runs") {
    runs.handle(id, request, response).catch(console.error);
  } else {
    response.writeHead(404).end();
  }
});
server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
closeOnSignal(server, runs); // on SIGTERM

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
