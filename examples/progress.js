// The progress of a long job in every browser: node examples/progress.js
import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { Channel, closeOnSignal } from "tailcast";

const channel = new Channel({ backlog: 1, capacity: 1 }); // only the newest state matters
let isRunning = false;

async function run(total = 200) {
  isRunning = true;
  for (let done = 1; done <= total; done++) {
    await delay(Number(process.env.STEP ?? 50), undefined, { ref: false }); // the work
    channel.publish(JSON.stringify({ done, total }));
  }
  isRunning = false;
}

const server = createServer((request, response) => {
  if (request.url === "/progress") {
    channel.handle(request, response);
  } else if (request.url === "/start" && request.method === "POST") {
    response.writeHead(isRunning ? 409 : 202).end();
    if (!isRunning) run().catch(console.error);
  } else {
    response.setHeader("Content-Type", "text/html");
    response.end(`<button>Start</button> <progress value="0"></progress><script>
      document.querySelector("button").onclick = () => fetch("/start", { method: "POST" });
      new EventSource("/progress").onmessage = ({ data }) => { // a "gap" needs no code: the newest state follows it
        const { done, total } = JSON.parse(data);
        Object.assign(document.querySelector("progress"), { value: done, max: total });
      };
    </script>`);
  }
});
closeOnSignal(server, channel); // on SIGTERM
server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
