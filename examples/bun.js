// Messages for every client, in Bun: bun examples/bun.js
import { Channel, closeOnSignal } from "tailcast";

const channel = new Channel();
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.env.PORT ?? 3000),
  routes: {
    "/messages": {
      GET: (request) => channel.respond(request),
      POST: (request) => new Response(channel.publish(new URL(request.url).searchParams.get("text") ?? "")),
    },
    "/clients": { GET: () => new Response(String(channel.clientCount)) },
  },
});
console.log(`http://127.0.0.1:${server.port}`);
closeOnSignal(server, channel, { retry: 1000 }); // on SIGTERM; the clients reconnect after 1 to 2 s
