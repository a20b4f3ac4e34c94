import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import type { ClientHttp2Session, IncomingHttpHeaders } from "node:http2";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { SessionScript, StreamScript } from "./http2-grammar.js";

/** The first bytes of a client: the preface, and empty SETTINGS (RFC 9113 section 3.4). */
const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/** Header fields that belong to connections of HTTP/1.1 (RFC 9113 section 8.2.2). */
const CONNECTION_FIELDS: readonly string[] = ["connection", "keep-alive", "transfer-encoding", "upgrade"];

/** A TLS connection that agrees on HTTP/2, and the TCP socket below it, which can be reset. */
interface Connection {
  readonly tls: TLSSocket;
  readonly tcp: Socket;
}

function open(port: number): Connection {
  // Another address than that of the viewers.
  const tcp = connectTcp({ port, host: "127.0.0.1", localAddress: "127.0.0.2" }).on("error", () => undefined);
  const tls = connectTls({ socket: tcp, rejectUnauthorized: false, ALPNProtocols: ["h2"], servername: "localhost" });
  return { tls: tls.on("error", () => undefined), tcp };
}

/**
 * Plays a script on a new HTTP/2 connection.
 *
 * @returns The statuses of the replies.
 * @throws {Error} When the server sends a 500, or a reply that does not fit its status.
 */
export async function playHttp2(script: SessionScript, port: number): Promise<readonly number[]> {
  const { tls, tcp } = open(port);
  const close = once(tcp, "close");
  try {
    // The times of a script begin when the server is ready for its requests.
    await Promise.race([close, new Promise((resolve) => tls.once("secureConnect", resolve))]);
    if (script.frames !== undefined) {
      tls.resume().write(Buffer.from(PREFACE + script.frames, "latin1"));
      await Promise.race([close, delay(script.patience)]);
      return [];
    }
    const { window, streams, patience } = script;
    const session = connectHttp2("https://localhost", {
      createConnection: () => tls,
      settings: { initialWindowSize: window, enablePush: false },
    });
    session.on("error", () => undefined);
    const statuses: number[] = [];
    const replies = Promise.all(streams.map((stream) => playStream(session, stream, statuses)));
    const isCut = cutLater(script, session, { tls, tcp });
    await Promise.race([replies, isCut, delay(patience)]);
    session.destroy();
    await replies;
    return statuses;
  } finally {
    tls.destroy();
    tcp.destroy();
  }
}

/** Resolves when the connection was cut; never without a cut. */
async function cutLater(
  { cut, cutAfter }: SessionScript,
  session: ClientHttp2Session,
  link: Connection,
): Promise<void> {
  await (cut === "none" ? new Promise(() => undefined) : delay(cutAfter));
  if (cut === "goaway") session.close();
  else if (cut === "destroy") session.destroy();
  else if (cut === "reset" && !link.tcp.destroyed) link.tcp.resetAndDestroy();
  // Bytes below TLS that are not TLS.
  else if (cut === "garbage") link.tcp.write(Buffer.alloc(200, 0xa5));
  await delay(cut === "goaway" || cut === "garbage" ? 20 : 0);
}

/** Plays one request. Resolves when its stream is over. */
async function playStream(session: ClientHttp2Session, script: StreamScript, statuses: number[]): Promise<void> {
  const { headers, body, cut, cutAt, code } = script;
  let stream;
  try {
    stream = session.request({ ...headers }, { endStream: body === "" && cut !== "while-sending" });
  } catch {
    // Node's client refuses these headers, or the session is over.
    return;
  }
  const closed = new Promise<void>((resolve) => stream.once("close", resolve));
  stream.on("error", () => undefined);
  let content = "";
  let isWhole = false;
  let reply: IncomingHttpHeaders = {};
  stream.on("response", (received) => {
    reply = received;
    statuses.push(Number(received[":status"]));
  });
  if (cut !== "unread") {
    stream.on("data", (bytes: Buffer) => {
      content += bytes.toString("latin1");
      if (cut === "in-reply" && content.length > cutAt) stream.close(code);
    });
  }
  // The end of the connection ends its streams as well.
  stream.on("end", () => (isWhole = cut === "none" && !session.destroyed && stream.rstCode === 0));
  if (cut === "while-sending") stream.write(body.slice(0, body.length / 2) || "{", "latin1");
  else if (body !== "") stream.end(body, "latin1");
  if (cut === "at-once") stream.close(code);
  else if (cut === "while-sending") setImmediate(() => stream.close(code));
  await closed;
  check(headers[":method"] ?? "GET", reply, isWhole ? content : undefined);
}

/** @param content - The body; `undefined` when it is not complete. */
function check(method: string, reply: IncomingHttpHeaders, content: string | undefined): void {
  if (reply[":status"] === undefined) return;
  // Node's client gives it as a number.
  const status = Number(reply[":status"]);
  assert.notEqual(status, 500);
  for (const field of CONNECTION_FIELDS) assert.equal(reply[field], undefined, field);
  if (status === 405) assert.ok(reply["allow"] !== undefined, "405 without Allow");
  if (status === 503 || status === 429) assert.match(reply["retry-after"] ?? "", /^\d+$/);
  if (content === undefined || method === "HEAD") return;
  const length = reply["content-length"];
  if (length !== undefined && status !== 304) assert.equal(content.length, Number(length));
  if (reply["content-type"]?.startsWith("application/json") === true) {
    JSON.parse(Buffer.from(content, "latin1").toString());
  }
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
