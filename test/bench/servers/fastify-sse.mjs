import sse from "@fastify/sse";
import Fastify from "fastify";

export async function start() {
  const app = Fastify();
  const streams = new Set();
  await app.register(sse);
  app.get("/", { sse: "only" }, (request, reply) => {
    reply.sse.keepAlive();
    // `sendHeaders` leaves the head to the first event.
    reply.sse.sendHeaders();
    reply.raw.flushHeaders();
    streams.add(reply.sse);
    reply.sse.onClose(() => streams.delete(reply.sse));
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  return {
    port: app.server.address().port,
    publish: (data) => {
      for (const stream of streams) void stream.send({ data });
    },
  };
}
