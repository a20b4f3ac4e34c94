// A clock in every browser: npm run build && node examples/hello.js
import { createServer } from "node:http";
import { Channel, closeOnSignal } from "tailcast";

const channel = new Channel({ backlog: 5 }); // a new client gets the last five events
const server = createServer((request, response) => {
  if (request.url === "/events") return channel.handle(request, response);
  response.setHeader("Content-Type", "text/html");
  response.end(`<pre></pre><script>
    const show = ({ data, lastEventId }) => document.querySelector("pre").append(lastEventId + " " + data + "\\n");
    const source = new EventSource("/events");
    source.onmessage = show;
    source.addEventListener("gap", show); // the missed events are lost: reload the page's state
  </script>`);
});
closeOnSignal(server, channel); // on SIGTERM; every browser reconnects to the next process after 2 to 4 s
server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
setInterval(() => channel.state === "open" && channel.publish(new Date().toISOString()), 1000).unref();
