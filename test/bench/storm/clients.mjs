/**
 * Clients that follow the event stream of one server and reconnect to another one when they lose it, as an EventSource
 * does: after the last `retry:`, with the last event id. Each message of the parent is answered.
 */
import { connect } from "node:net";
import { connect as connectSecurely } from "node:tls";

/** @type {{ count: number, from: number, to: number, secure: boolean }} */
let options;
let connected = 0;
let reconnected = [];
let lostAt = 0;
/** When the first and the last client connected again. */
let firstAt = 0;
let lastAt = 0;

process.on("message", (message) => {
  options = message;
  for (let index = 0; index < options.count; index++) open(options.from, "", true);
});
process.on("disconnect", () => process.exit());

function open(port, lastEventId, isFirst) {
  const { secure } = options;
  if (!isFirst) {
    firstAt ||= performance.now();
    lastAt = performance.now();
  }
  const socket = secure
    ? connectSecurely({ port, host: "127.0.0.1", rejectUnauthorized: false })
    : connect(port, "127.0.0.1");
  const header = lastEventId === "" ? "" : `Last-Event-ID: ${lastEventId}\r\n`;
  socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n${header}\r\n`);
  let isOpen = false;
  let retry = 0;
  let id = lastEventId;
  socket.setEncoding("latin1");
  socket.on("data", (text) => {
    retry = Number(/retry: (\d+)/.exec(text)?.[1] ?? retry);
    id = /[^]*id: (\S+)/.exec(text)?.[1] ?? id;
    if (isOpen) return;
    isOpen = true;
    if (isFirst) {
      if (++connected === options.count) process.send({ connected });
    } else {
      reconnected.push(performance.now() - lostAt);
      if (reconnected.length < options.count) return;
      process.send({ reconnected: reconnected.sort((a, b) => a - b), spread: lastAt - firstAt });
    }
  });
  socket.on("error", () => undefined);
  socket.on("close", () => {
    if (lostAt === 0) lostAt = performance.now();
    if (isOpen) setTimeout(() => open(options.to, id, false), retry);
    // The connection was refused: the client has no stream yet.
    else setTimeout(() => open(port, id, isFirst), retry || 1000);
  });
}
