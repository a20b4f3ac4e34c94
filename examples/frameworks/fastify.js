// Messages for every client, in Fastify 5: node examples/frameworks/fastify.js
import cors from "@fastify/cors";
import fastify from "fastify";
import { Channel, closeOnSignal } from "tailcast";

const channel = new Channel();
const app = fastify();
await app.register(cors, { origin: "https://app.example", credentials: true });
app.get("/messages", (request, reply) => {
  reply.raw.setHeaders(new Map(Object.entries(reply.getHeaders()))); // `hijack` drops the headers of plugins
  reply.hijack(); // the channel answers
  channel.handle(request.raw, reply.raw);
});
app.post("/messages", (request) => channel.publish(String(request.query.text)));
app.get("/clients", () => String(channel.clientCount));
closeOnSignal(app.server, [channel, { close: () => app.close() }], { retry: 1000 }); // on SIGTERM

console.log(await app.listen({ port: Number(process.env.PORT ?? 3000), host: "127.0.0.1" }));
