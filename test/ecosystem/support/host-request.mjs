import { once } from "node:events";
import { request as requestHttp } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";

/** A request to a server under test, on a TCP connection that the test can end or reset. */
export class HostRequest {
  /** The TCP socket below TLS and HTTP/2. */
  socket;
  status;
  headers;
  /** The decoded body so far. */
  text = "";
  #body;

  /**
   * Sends a request, and resolves when the head of the reply has arrived.
   *
   * @param protocol - The version of HTTP: `"1.1"` or `"2"`.
   */
  static async send(url, { method = "GET", path, protocol = "1.1", headers = {} }) {
    const request = new this();
    const { port } = new URL(url);
    const stream = request.#connect(url, Number(port), protocol);
    if (protocol === "2") {
      const session = connectHttp2(url, { createConnection: () => stream });
      session.on("error", () => {});
      request.#body = session.request({ ":method": method, ":path": path, ...headers });
      request.#body.on("error", () => {});
      request.#body.end();
      [request.headers] = await once(request.#body, "response");
      request.status = request.headers[":status"];
    } else {
      const options = { method, path, headers: { Host: "localhost", ...headers } };
      const sent = requestHttp({ createConnection: () => stream, ...options });
      sent.on("error", () => {}).end();
      [request.#body] = await once(sent, "response");
      request.#body.on("error", () => {});
      request.headers = request.#body.headers;
      request.status = request.#body.statusCode;
    }
    request.#body.setEncoding("utf8").on("data", (piece) => (request.text += piece));
    return request;
  }

  #connect(url, port, protocol) {
    this.socket = connect(port, "127.0.0.1").on("error", () => {});
    if (!url.startsWith("https:")) return this.socket;
    const ALPNProtocols = [protocol === "2" ? "h2" : "http/1.1"];
    const options = { socket: this.socket, servername: "localhost", rejectUnauthorized: false, ALPNProtocols };
    return connectTls(options).on("error", () => {});
  }

  /** Resolves with the body when it satisfies `test`. */
  async until(test) {
    while (!test(this.text)) {
      const signal = AbortSignal.timeout(5000);
      await once(this.#body, "data", { signal }).catch((error) => {
        throw new Error(`the body never satisfied ${test}: ${JSON.stringify(this.text)}`, { cause: error });
      });
    }
    return this.text;
  }

  /** Resolves with the whole body. */
  async ended() {
    if (!this.#body.readableEnded) await once(this.#body, "end");
    this.leave();
    return this.text;
  }

  /** Closes the connection. */
  leave() {
    this.#body.destroy();
    this.socket.destroy();
  }
}
