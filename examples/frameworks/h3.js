// Messages for every client, in h3 2 on Node: node examples/frameworks/h3.js
import { H3, getQuery, serve } from "h3";
import { Channel, closeOnSignal } from "tailcast";

const channel = new Channel();
const app = new H3();
app.get("/messages", (event) => channel.respond(event.req));
app.post("/messages", (event) => channel.publish(String(getQuery(event).text)));
app.get("/clients", () => String(channel.clientCount));

const address = { hostname: "127.0.0.1", port: Number(process.env.PORT ?? 3000) };
const server = await serve(app, { ...address, silent: true, gracefulShutdown: false }).ready();
console.log(server.url.replace(/\/$/, ""));
closeOnSignal(server.node.server, channel, { retry: 1000 }); // on SIGTERM
