import { createHash } from "node:crypto";
import { readFileSync, unwatchFile, watchFile } from "node:fs";
import { constants, createSecureServer } from "node:http2";
import { createSecureContext } from "node:tls";
import { invalidOption } from "./error.ts";
import { endSilentSession } from "./http/end-silent-session.ts";
import type { IncomingMessage, ServerOptions, ServerResponse } from "node:http";
import type { Http2SecureServer, ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

/** The interval between checks of the files of a certificate for changes, in milliseconds. */
const WATCH_INTERVAL = 2000;

/** The time after which an HTTP/2 connection without an open stream is closed, in milliseconds. */
const IDLE_TIMEOUT = 60_000;

/** The interval of PINGs to a silent HTTP/2 client, in milliseconds. */
const PING_INTERVAL = 15_000;

/**
 * The limits of a connection over HTTP/2. Twenty tabs need 20 streams and some further requests. The maximum size of
 * headers is that of Node for HTTP/1.1. Node itself limits their number (128), CONTINUATION frames, pings, and streams
 * that are opened and reset (CVE-2023-44487).
 */
const SETTINGS = { maxConcurrentStreams: 250, maxHeaderListSize: 16 * 1024 } as const;

/** The files of a certificate with its chain, and of its key, in PEM. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** The time limits of requests and connections, in milliseconds. */
export interface TlsLimits {
  readonly headersTimeout: number;
  readonly requestTimeout: number;
  /** The time for which an HTTP/2 connection may have no open stream. Default 60 s. */
  readonly idleTimeout?: number;
  /** The interval of PINGs to a silent HTTP/2 client; its connection ends after three of them. Default 15 s. */
  readonly pingInterval?: number;
}

/** A certificate and its key, in PEM. */
export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/**
 * Reads a certificate and its key.
 *
 * @throws {TailcastError} `INVALID_OPTION` when a file cannot be read, or the key does not match the certificate.
 */
export function readCertificate({ cert, key }: TlsFiles): Certificate {
  try {
    const certificate = { cert: readFileSync(cert), key: readFileSync(key) };
    createSecureContext(certificate);
    return certificate;
  } catch (cause) {
    const reason = (cause as Error).message;
    throw invalidOption(`--cert ${cert} with --key ${key}`, reason, cause);
  }
}

/** Serves HTTP/2 and HTTP/1.1 over TLS, with the limits for slow requests in both. */
export class TlsServer {
  readonly server: Http2SecureServer;
  readonly #files: TlsFiles;
  readonly #report: (message: string) => void;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  /** The digest of the files that were read last. */
  #lastDigest: string;

  /**
   * @param limits - The time limits of a request; those of HTTP/1.1 also apply to HTTP/2.
   * @param report - Called with a message when the certificate was reloaded.
   */
  constructor(
    files: TlsFiles,
    { idleTimeout = IDLE_TIMEOUT, pingInterval = PING_INTERVAL, ...limits }: TlsLimits & ServerOptions,
    handle: (request: IncomingMessage, response: ServerResponse) => void,
    report: (message: string) => void,
  ) {
    this.#files = files;
    this.#report = report;
    this.#lastDigest = digestOf(files);
    const options = { ...readCertificate(files), ...limits, settings: SETTINGS, allowHTTP1: true };
    this.server = createSecureServer({ ...options, handshakeTimeout: limits.headersTimeout }, (request, response) => {
      // The compat API of HTTP/2 has all parts of HTTP/1.1 that the app uses.
      handle(request as unknown as IncomingMessage, response as unknown as ServerResponse);
    });
    // Node 20 ignores these limits in the options.
    Object.assign(this.server, limits);
    this.server.on("connection", (socket: Socket) => this.#keepSocket(socket));
    let secured: TLSSocket | undefined;
    // Node makes the session in its own listener, which follows this one.
    this.server.prependListener("secureConnection", (socket) => (secured = socket));
    this.server.on("session", (session) => {
      this.#keepSession(session, { ...limits, idleTimeout });
      if (secured !== undefined) endSilentSession(session, secured, pingInterval);
    });
    // A failed handshake affects only its client.
    this.server.on("sessionError", () => undefined);
    for (const path of [files.cert, files.key]) {
      watchFile(path, { interval: WATCH_INTERVAL, persistent: false }, this.#reload);
    }
  }

  /** Reloads the certificate. If the new one cannot be used, the server keeps the current one. */
  reload(): void {
    this.#lastDigest = digestOf(this.#files);
    try {
      this.server.setSecureContext(readCertificate(this.#files));
      this.#report("the certificate was read again");
    } catch (error) {
      this.#report(`${(error as Error).message}; the server keeps the certificate that it has`);
    }
  }

  /** Stops accepting connections, and sends HTTP/2 clients a GOAWAY, so that they open no new streams. */
  close(): void {
    for (const path of [this.#files.cert, this.#files.key]) unwatchFile(path, this.#reload);
    this.server.close();
    for (const session of this.#sessions) session.close();
  }

  /** Ends every connection. */
  closeAllConnections(): void {
    // Sessions first, as in `endSilentSession`.
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** A change of both files, or one after SIGHUP, would otherwise be reported twice. */
  readonly #reload = (): void => {
    if (digestOf(this.#files) !== this.#lastDigest) this.reload();
  };

  #keepSocket(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  #keepSession(session: ServerHttp2Session, limits: Required<Omit<TlsLimits, "pingInterval">>): void {
    const { headersTimeout, requestTimeout, idleTimeout } = limits;
    this.#sessions.add(session);
    let openStreams = 0;
    let idle = setTimeout(() => session.destroy(), headersTimeout).unref();
    session.on("stream", (stream) => {
      clearTimeout(idle);
      openStreams++;
      const body = setTimeout(() => closeIncomplete(stream), requestTimeout).unref();
      stream.once("close", () => {
        clearTimeout(body);
        openStreams--;
        if (openStreams === 0) idle = setTimeout(() => session.destroy(), idleTimeout).unref();
      });
    });
    session.on("error", () => undefined);
    session.once("close", () => {
      clearTimeout(idle);
      this.#sessions.delete(session);
    });
  }
}

/** Returns a digest of the content of the files, or of the reason why a file cannot be read. */
function digestOf({ cert, key }: TlsFiles): string {
  const digests = [cert, key].map((path) => {
    try {
      return createHash("sha256").update(readFileSync(path)).digest("hex");
    } catch (error) {
      return String((error as NodeJS.ErrnoException).code);
    }
  });
  return digests.join(" ");
}

/** Closes a stream whose client has not sent the whole request. Replies have no time limit. */
function closeIncomplete(stream: ServerHttp2Stream): void {
  if (stream.state.state !== constants.NGHTTP2_STREAM_STATE_HALF_CLOSED_REMOTE) stream.close();
}
