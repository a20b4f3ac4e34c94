import { readFileSync, unwatchFile, watchFile } from "node:fs";
import { createSecureServer } from "node:http2";
import { createSecureContext } from "node:tls";
import { TailcastError } from "./error.ts";
import type { IncomingMessage, ServerOptions, ServerResponse } from "node:http";
import type { Http2SecureServer, ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";

/** How often the files of a certificate are compared with what was read, in milliseconds. */
const WATCH_INTERVAL = 2000;

/** How long an HTTP/2 connection may have no open stream, in milliseconds. */
const IDLE_TIMEOUT = 60_000;

/** The files of a certificate with its chain, and of its key, in PEM. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** A certificate and its key, in PEM. */
export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/**
 * Reads a certificate and its key.
 *
 * @throws {TailcastError} `INVALID_OPTION` when a file cannot be read, or the two do not belong together.
 */
export function readCertificate({ cert, key }: TlsFiles): Certificate {
  try {
    const certificate = { cert: readFileSync(cert), key: readFileSync(key) };
    createSecureContext(certificate);
    return certificate;
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new TailcastError("INVALID_OPTION", `Cannot use --cert ${cert} with --key ${key}: ${reason}`, { cause });
  }
}

/** Serves HTTP/2 and HTTP/1.1 over TLS, with the limits of slow requests in both. */
export class TlsServer {
  readonly server: Http2SecureServer;
  readonly #files: TlsFiles;
  readonly #report: (message: string) => void;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();

  /**
   * @param limits - The time limits of a request; those of HTTP/1.1 also apply to HTTP/2.
   * @param report - Called with a sentence when the certificate was read again.
   */
  constructor(
    files: TlsFiles,
    limits: ServerOptions & { readonly headersTimeout: number; readonly requestTimeout: number },
    handle: (request: IncomingMessage, response: ServerResponse) => void,
    report: (message: string) => void,
  ) {
    this.#files = files;
    this.#report = report;
    const options = { ...readCertificate(files), ...limits, allowHTTP1: true, handshakeTimeout: limits.headersTimeout };
    this.server = createSecureServer(options, (request, response) => {
      // The compat API of HTTP/2 has what the app uses of HTTP/1.1.
      handle(request as unknown as IncomingMessage, response as unknown as ServerResponse);
    });
    // Node 20 does not read them from the options here.
    Object.assign(this.server, limits);
    this.server.on("connection", (socket: Socket) => this.#keepSocket(socket));
    this.server.on("session", (session) => this.#keepSession(session, limits));
    // A failed handshake concerns its client alone.
    this.server.on("sessionError", () => undefined);
    for (const path of [files.cert, files.key]) {
      watchFile(path, { interval: WATCH_INTERVAL, persistent: false }, this.#reload);
    }
  }

  /** Reads the certificate again. When it cannot be used, the server keeps the one that it has. */
  reload(): void {
    try {
      this.server.setSecureContext(readCertificate(this.#files));
      this.#report("the certificate was read again");
    } catch (error) {
      this.#report(`${(error as Error).message}; the server keeps the certificate that it has`);
    }
  }

  /** Accepts no more connections, and asks the clients of HTTP/2 to open no more streams. */
  close(): void {
    for (const path of [this.#files.cert, this.#files.key]) unwatchFile(path, this.#reload);
    this.server.close();
    for (const session of this.#sessions) session.close();
  }

  /** Ends every connection. */
  closeAllConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  readonly #reload = (): void => this.reload();

  #keepSocket(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  #keepSession(session: ServerHttp2Session, limits: { headersTimeout: number; requestTimeout: number }): void {
    this.#sessions.add(session);
    let openStreams = 0;
    let idle = setTimeout(() => session.destroy(), limits.headersTimeout).unref();
    session.on("stream", (stream) => {
      clearTimeout(idle);
      openStreams++;
      // A client that does not complete its request. A stream that is answered meanwhile has no such limit.
      const body = setTimeout(() => stream.close(), limits.requestTimeout).unref();
      if (stream.endAfterHeaders) clearTimeout(body);
      stream.once("end", () => clearTimeout(body));
      stream.once("close", () => {
        clearTimeout(body);
        openStreams--;
        if (openStreams === 0) idle = setTimeout(() => session.destroy(), IDLE_TIMEOUT).unref();
      });
    });
    session.on("error", () => undefined);
    session.once("close", () => {
      clearTimeout(idle);
      this.#sessions.delete(session);
    });
  }
}
