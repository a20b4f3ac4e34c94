/**
 * The load generator for compressed streams: the same arguments, messages and report as `load.c`, but each client asks
 * for gzip and unpacks it, and no latency is measured. It is Node, so it limits the rate; the servers' CPU it does not.
 */
import { once } from "node:events";
import { Agent, get } from "node:http";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { constants, createGunzip } from "node:zlib";

const [port, path, count, controlPath] = process.argv.slice(2);
const MARKER = "~".charCodeAt(0);

const agent = new Agent({ maxSockets: Infinity });
const headers = { Accept: "text/event-stream", "Accept-Encoding": "gzip" };
const clients = [];
let total = 0;
let step = Infinity;
let next = Infinity;
let startedAt = 0n;
let lastAt = 0n;

const control = connect(controlPath);
await once(control, "connect");
for (let i = 0; i < Number(count); i++) clients.push(await open());
control.write("open\n");

for await (const line of createInterface({ input: control })) {
  if (line === "end") break;
  step = next = Number(line.split(" ")[1]);
  total = 0;
  for (const client of clients) {
    client.events = 0;
    client.bytesBefore = client.socket.bytesRead;
  }
  startedAt = lastAt = process.hrtime.bigint();
  control.write("0\n");
}
report();

async function open() {
  const [response] = await once(get({ port, path, headers, agent }), "response");
  const client = { socket: response.socket, events: 0, bytesBefore: 0 };
  // A server that does not compress is measured beside the others.
  const isGzip = response.headers["content-encoding"] === "gzip";
  const plain = isGzip ? response.pipe(createGunzip({ finishFlush: constants.Z_SYNC_FLUSH })) : response;
  plain.on("data", (data) => receive(client, data));
  return client;
}

function receive(client, data) {
  for (let at = data.indexOf(MARKER); at !== -1; at = data.indexOf(MARKER, at + 1)) client.events++, total++;
  lastAt = process.hrtime.bigint();
  if (total < next) return;
  control.write(`${total}\n`);
  next = total - (total % step) + step;
}

function report() {
  const events = clients.map((client) => client.events);
  const report = {
    open: clients.length,
    lost: clients.filter((client) => client.socket.destroyed).length,
    min: Math.min(...events),
    max: Math.max(...events),
    events: total,
    bytes: clients.reduce((sum, client) => sum + client.socket.bytesRead - client.bytesBefore, 0),
    seconds: Number(lastAt - startedAt) / 1e9,
    cpuSeconds: 0,
  };
  process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit());
}
