// Messages for every client, in Hono on Node: node examples/frameworks/hono.js
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { Channel, closeOnSignal } from "tailcast";

const channel = new Channel();
const app = new Hono();
app.get("/messages", (context) => channel.respond(context.req.raw)); // not behind etag(), which reads whole replies
app.post("/messages", (context) => context.text(channel.publish(context.req.query("text") ?? "")));
app.get("/clients", (context) => context.text(String(channel.clientCount)));

const options = { fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.env.PORT ?? 3000) };
const server = serve(options, ({ port }) => console.log(`http://127.0.0.1:${port}`));
closeOnSignal(server, channel, { retry: 1000 }); // on SIGTERM
