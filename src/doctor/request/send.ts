import { connect as connectHttp2 } from "node:http2";
import { request } from "node:http";
import { connect } from "./connect.ts";
import { joinHeaders } from "./exchange.ts";
import { Recorder } from "./recorder.ts";
import type { ClientHttp2Session } from "node:http2";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Exchange } from "./exchange.ts";

/** A request of the doctor. */
export interface Probe {
  readonly url: URL;
  readonly method?: string;
  readonly body?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** The time in milliseconds within which the head has to arrive. */
  readonly headTimeout: number;
  /** The time in milliseconds to read the body after the head. */
  readonly watch: number;
  /** Closes the connection early, for example when the caller needs no more of the body. */
  readonly signal?: AbortSignal;
  /** Receives the exchange when its head has arrived. */
  readonly onHead?: (exchange: Exchange) => void;
}

/**
 * Sends one request on its own connection, records the response, and closes the connection.
 *
 * @returns The exchange, or `undefined` if the head did not arrive in time.
 * @throws {Error} When the connection fails before the head.
 */
export async function send(probe: Probe): Promise<Exchange | undefined> {
  const timer = new AbortController();
  const timeout = setTimeout(() => timer.abort(), probe.headTimeout);
  try {
    const { socket, isHttp2 } = await connect(probe.url, ["h2", "http/1.1"], timer.signal);
    const recorder = new Recorder(probe.url);
    return await new Promise((resolve, reject) => {
      const run = isHttp2 ? runHttp2 : runHttp1;
      const finish = (): void => {
        clearTimeout(timeout);
        recorder.end("open");
        recorder.settled().then(() => resolve(recorder.exchange()), reject);
        session?.destroy();
        socket.destroy();
      };
      const session = run(probe, socket, recorder, {
        onHead: () => {
          const exchange = recorder.exchange();
          if (exchange !== undefined) probe.onHead?.(exchange);
          clearTimeout(timeout);
          timer.signal.removeEventListener("abort", finish);
          const watch = setTimeout(finish, probe.watch);
          socket.once("close", () => clearTimeout(watch));
        },
        onEnd: finish,
        onError: (error) => {
          if (recorder.exchange() === undefined) reject(error);
          else finish();
        },
      });
      timer.signal.addEventListener("abort", finish, { once: true });
      probe.signal?.addEventListener("abort", finish, { once: true });
    });
  } finally {
    clearTimeout(timeout);
  }
}

interface Events {
  readonly onHead: () => void;
  readonly onEnd: () => void;
  readonly onError: (error: Error) => void;
}

function runHttp1(probe: Probe, socket: Socket, recorder: Recorder, events: Events): undefined {
  const { url, method = "GET" } = probe;
  const outgoing = request({
    method,
    path: `${url.pathname}${url.search}`,
    headers: { Host: url.host, ...probe.headers, Connection: "keep-alive" },
    createConnection: () => socket,
  });
  outgoing.on("error", (error) => {
    recorder.end("cut");
    events.onError(error);
  });
  outgoing.on("response", (response: IncomingMessage) => {
    const { statusCode: status = 0, httpVersion, rawHeaders } = response;
    recorder.head({ status, httpVersion, headers: joinHeaders(rawHeaders) });
    events.onHead();
    response.on("data", (bytes: Buffer) => {
      recorder.data(bytes);
      if (recorder.isFull) events.onEnd();
    });
    response.on("error", () => undefined);
    response.on("end", () => recorder.end("clean"));
    response.on("close", () => {
      recorder.end(response.complete ? "clean" : "cut");
      events.onEnd();
    });
  });
  outgoing.end(probe.body);
  return undefined;
}

function runHttp2(probe: Probe, socket: Socket, recorder: Recorder, events: Events): ClientHttp2Session {
  const { url, method = "GET" } = probe;
  const session = connectHttp2(url, { createConnection: () => socket });
  session.on("error", events.onError);
  const stream = session.request({ ":method": method, ":path": `${url.pathname}${url.search}`, ...probe.headers });
  stream.on("response", (headers) => {
    const raw = Object.entries(headers).flatMap(([name, value]) => [name, String(value)]);
    recorder.head({ status: Number(headers[":status"]), httpVersion: "2", headers: joinHeaders(raw) });
    events.onHead();
  });
  stream.on("data", (bytes: Buffer) => {
    recorder.data(bytes);
    if (recorder.isFull) events.onEnd();
  });
  stream.on("end", () => recorder.end(stream.rstCode === 0 ? "clean" : "cut"));
  stream.on("error", events.onError);
  stream.on("close", () => {
    recorder.end(stream.rstCode === 0 ? "clean" : "cut");
    events.onEnd();
  });
  stream.end(probe.body);
  return session;
}
