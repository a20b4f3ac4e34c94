// Messages for every client, in Deno:
// deno run --allow-net --allow-env --allow-read --unstable-no-legacy-abort examples/deno.js
import process from "node:process";
import { Channel, closeOnSignal } from "tailcast";

const channel = new Channel();
const routes = {
  "GET /messages": (request) => channel.respond(request),
  "POST /messages": (request, text) => new Response(channel.publish(text ?? "")),
  "GET /clients": () => new Response(String(channel.clientCount)),
};
const options = {
  hostname: "127.0.0.1",
  port: Number(process.env.PORT ?? 3000),
  onListen: ({ port }) => console.log(`http://127.0.0.1:${port}`),
};
const server = Deno.serve(options, (request) => {
  const { pathname, searchParams } = new URL(request.url);
  const route = routes[`${request.method} ${pathname}`];
  return route?.(request, searchParams.get("text")) ?? new Response("Not found\n", { status: 404 });
});
closeOnSignal(server, channel, { retry: 1000 }); // on SIGTERM; the clients reconnect after 1 to 2 s
