// Messages over HTTP/2, and HTTP/1.1 for others: TLS_KEY=key.pem TLS_CERT=cert.pem node examples/node-http2.js
import { readFileSync } from "node:fs";
import { createSecureServer } from "node:http2";
import { Channel } from "tailcast";

const channel = new Channel();
const certificate = { key: readFileSync(process.env.TLS_KEY), cert: readFileSync(process.env.TLS_CERT) };
const server = createSecureServer({ ...certificate, allowHTTP1: true }, (request, response) => {
  const { pathname, searchParams } = new URL(request.url, "http://localhost");
  const route = `${request.method} ${pathname}`;
  if (route === "GET /messages") channel.handle(request, response);
  else if (route === "POST /messages") response.end(channel.publish(searchParams.get("text") ?? ""));
  else if (route === "GET /clients") response.end(String(channel.clientCount));
  else response.writeHead(404).end();
});
const sessions = new Set(); // the HTTP/2 connections: `server.close` leaves idle ones open before Node 24
server.on("session", (session) => {
  sessions.add(session);
  session.once("close", () => sessions.delete(session));
});
server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`https://127.0.0.1:${server.address().port}`);
});
process.once("SIGTERM", async () => {
  server.close(); // no new connections
  await channel.close({ retry: 1000 }); // ends the streams; the clients reconnect after 1 to 2 s
  for (const session of sessions) session.close();
});
