// Receives ended builds: TAILCAST_NOTIFY_SECRET=... node examples/receive-notifications.js
// The server: TAILCAST_NOTIFY_SECRET=... npx tailcast --notify http://127.0.0.1:4000/
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const secret = process.env.TAILCAST_NOTIFY_SECRET ?? "";
if (secret === "") throw new Error("TAILCAST_NOTIFY_SECRET is not set");
const key = secret.startsWith("whsec_") ? Buffer.from(secret.slice("whsec_".length), "base64") : secret;
const MAX_AGE = 300; // seconds
const MAX_BYTES = 1024 * 1024;
const seen = new Set(); // a real receiver stores the ids for MAX_AGE

/** Whether this server sent the body, not long ago. */
function isGenuine(headers, body) {
  const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": given = "" } = headers;
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= MAX_AGE)) return false;
  const hash = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  const expected = Buffer.from(`v1,${hash}`);
  const signature = Buffer.from(given);
  return signature.length === expected.length && timingSafeEqual(signature, expected);
}

async function receive(request, response) {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) {
    body += chunk;
    if (body.length > MAX_BYTES) return response.writeHead(413).end();
  }
  if (!isGenuine(request.headers, body)) return response.writeHead(401).end();
  response.writeHead(204).end();
  const build = JSON.parse(body);
  if (seen.has(build.id)) return; // the server repeats a request whose reply it has not received
  seen.add(build.id);
  console.log(`${build.projectName} ${build.status}: ${build.message}`);
}

const server = createServer((request, response) => {
  receive(request, response).catch(() => response.destroy()); // the connection has ended, or the body is not JSON
});
server.listen(Number(process.env.PORT ?? 4000), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
process.once("SIGTERM", () => server.close());
