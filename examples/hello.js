// A clock in every browser: node examples/hello.js
import { createServer } from "node:http";
import { Channel } from "tailcast";

const channel = new Channel({ backlog: 5 }); // a newcomer gets the last five events

const server = createServer((request, response) => {
  if (request.url === "/events") {
    channel.handle(request, response);
  } else {
    response.setHeader("Content-Type", "text/html");
    response.end(`<pre></pre><script>
      new EventSource("/events").onmessage = ({ data, lastEventId }) =>
        document.querySelector("pre").append(lastEventId + " " + data + "\\n");
    </script>`);
  }
});
server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});

const clock = setInterval(() => channel.publish(new Date().toISOString()), 1000);
process.once("SIGTERM", async () => {
  clearInterval(clock);
  server.close();
  await channel.close(); // tells every browser when to come back
});
