import { connect } from "./connect.ts";
import { joinHeaders } from "./exchange.ts";
import { Recorder } from "./recorder.ts";
import type { Exchange } from "./exchange.ts";
import type { Probe } from "./send.ts";

/**
 * Sends a request of HTTP/1.0, which `node:http` cannot send, and records the response. The body is recorded with the
 * framing that the server has used.
 *
 * @returns The exchange, or `undefined` if no HTTP head arrived in time.
 * @throws {Error} When the connection fails.
 */
export async function sendHttp10(probe: Probe): Promise<Exchange | undefined> {
  const { url } = probe;
  const { socket } = await connect(url, ["http/1.1"], AbortSignal.timeout(probe.headTimeout));
  const recorder = new Recorder(url);
  const lines = Object.entries({ Host: url.host, ...probe.headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET ${url.pathname}${url.search} HTTP/1.0\r\n${lines.join("")}\r\n`);
  let head = Buffer.alloc(0);
  await new Promise<void>((resolve) => {
    let timer = setTimeout(resolve, probe.headTimeout);
    socket.on("data", (bytes: Buffer) => {
      if (recorder.exchange() !== undefined) return recorder.data(bytes);
      head = Buffer.concat([head, bytes]);
      const end = head.indexOf("\r\n\r\n");
      if (end === -1) return undefined;
      const [first = "", ...fields] = head.toString("latin1", 0, end).split("\r\n");
      const [, httpVersion = "", status = ""] = /^HTTP\/(\d\.\d) (\d{3})/.exec(first) ?? [];
      const raw = fields.flatMap((field) => [field.replace(/:.*/s, ""), field.replace(/^[^:]*:\s*/, "").trim()]);
      recorder.head({ status: Number(status), httpVersion, headers: joinHeaders(raw) });
      if (head.length > end + 4) recorder.data(head.subarray(end + 4));
      clearTimeout(timer);
      timer = setTimeout(resolve, probe.watch);
      return undefined;
    });
    socket.on("close", () => {
      recorder.end("clean");
      clearTimeout(timer);
      resolve();
    });
  });
  socket.destroy();
  return recorder.exchange();
}
