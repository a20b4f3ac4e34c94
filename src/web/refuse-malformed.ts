import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import { Socket } from "node:net";
import { HttpError } from "../http/http-error.ts";
import { errorReply } from "../http/reply.ts";
import { SECURITY_HEADERS, setSecurityHeaders } from "./security-headers.ts";
import { sendError } from "./send-error.ts";
import type { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";

/** A request that was refused before it reached the app. */
export interface MalformedRequest {
  /** The `X-Request-Id` of the reply. */
  readonly id: string;
  /** `null`: it got no reply, because an earlier reply on its connection was not complete. */
  readonly status: number | null;
  readonly code: string;
  /** The address at the other end of the connection. */
  readonly address: string;
}

/**
 * Sets the replies to requests that Node refuses before they reach the app, for a server of `node:http` or
 * `node:http2`. They have the security headers and a JSON error, like other refusals of the app.
 *
 * @param onRefused - Called with each refused request. Default: nothing happens.
 */
export function refuseMalformed(
  server: EventEmitter,
  onRefused: (refused: MalformedRequest) => void = () => undefined,
): void {
  const open = new WeakMap<object, Set<ServerResponse>>();
  server.on("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
    const responses = open.get(socket) ?? new Set();
    open.set(socket, responses.add(response));
    response.once("close", () => responses.delete(response));
  });
  const refuse = (socket: Socket, error: HttpError): void => {
    const responses = [...(open.get(socket) ?? [])];
    // The client would interpret the refusal as the reply to an earlier request, or as part of that reply.
    const isLate = responses.some(({ headersSent, req }) => headersSent || req.complete);
    const id = randomUUID();
    const hasReply = socket.writable && !isLate;
    onRefused({ id, status: hasReply ? error.status : null, code: error.code, address: socket.remoteAddress ?? "" });
    if (hasReply) writeRefusal(socket, error, id);
    else socket.destroy();
  };
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => {
    // Bytes after a request with `Connection: close` are not a request (RFC 9112 section 9.6). Earlier replies
    // continue.
    if (error.code === "HPE_CLOSED_CONNECTION") return;
    if (error.code === "ECONNRESET") socket.destroy();
    else refuse(socket, errorOf(error));
  });
  const reply = ({ socket }: IncomingMessage, response: ServerResponse, error: HttpError): void => {
    const id = randomUUID();
    onRefused({ id, status: error.status, code: error.code, address: socket.remoteAddress ?? "" });
    setSecurityHeaders(response);
    response.setHeader("X-Request-Id", id);
    sendError(response, error);
  };
  server.on("checkExpectation", (request: IncomingMessage, response: ServerResponse) => {
    const message = "Cannot answer this request: Expect must be 100-continue";
    reply(request, response, new HttpError("EXPECTATION_FAILED", message));
  });
  // With HTTP/1.1, `target` is the socket of the request; with the compat API of HTTP/2, it is a response.
  server.on("connect", (request: IncomingMessage, target: ServerResponse | Socket) => {
    const headers = { Allow: "GET, HEAD, POST, DELETE, OPTIONS" };
    const error = new HttpError("METHOD_NOT_ALLOWED", "Cannot CONNECT: this server is not a proxy", { headers });
    if (target instanceof Socket) {
      // Node has removed its listeners. Without a listener, an error when the client leaves would end the process.
      target.on("error", () => undefined);
      refuse(target, error);
    } else {
      reply(request, target, error);
    }
  });
}

function errorOf({ code }: NodeJS.ErrnoException): HttpError {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return new HttpError("HEADERS_TOO_LARGE", "Cannot read the request: its headers are too long");
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new HttpError("REQUEST_TIMEOUT", "Cannot read the request: it did not arrive in time");
    default:
      return new HttpError("BAD_REQUEST", "Cannot read the request: it is not HTTP");
  }
}

/** Writes a reply to a socket without a response object, and closes the socket. */
function writeRefusal(socket: Socket, { status, code, message, headers: own }: HttpError, id: string): void {
  const all = { ...SECURITY_HEADERS, ...own, "X-Request-Id": id, Connection: "close" };
  const { headers, body } = errorReply(status, code, message, all);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("\r\n")}\r\n\r\n${body}`);
  socket.destroySoon();
}
