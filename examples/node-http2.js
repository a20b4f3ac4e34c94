// Messages over HTTP/2, and HTTP/1.1 for others: TLS_KEY=key.pem TLS_CERT=cert.pem node examples/node-http2.js
import { readFileSync } from "node:fs";
import { createSecureServer } from "node:http2";
import { Channel, closeOnSignal } from "tailcast";

const channel = new Channel();
const certificate = { key: readFileSync(process.env.TLS_KEY), cert: readFileSync(process.env.TLS_CERT) };
const server = createSecureServer({ ...certificate, allowHTTP1: true }, (request, response) => {
  const [path, query] = request.url.split("?");
  const route = `${request.method} ${path}`;
  if (route === "GET /messages") channel.handle(request, response);
  else if (channel.state !== "open") response.writeHead(503).end(); // after SIGTERM: `publish` would throw
  else if (route === "POST /messages") response.end(channel.publish(new URLSearchParams(query).get("text") ?? ""));
  else if (route === "GET /clients") response.end(String(channel.clientCount));
  else response.writeHead(404).end();
});
closeOnSignal(server, channel, { retry: 1000 }); // on SIGTERM; the clients reconnect after 1 to 2 s
server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`https://127.0.0.1:${server.address().port}`);
});
