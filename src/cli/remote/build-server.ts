import { CommandError } from "../../command.ts";
import { invalidOption } from "../../error.ts";
import { plainText } from "../../terminal/plain-text.ts";
import { isLoopback } from "../../web/guards/token-strength.ts";
import { TOKEN_FILE_OPTION, readToken } from "../token-option.ts";
import type { Arguments } from "../../arguments.ts";
import type { Option } from "../../command.ts";

/** The exit code when the server cannot be reached, or cannot answer now. */
export const UNREACHABLE = 4;

/** The exit code when the server refuses the request. */
const REFUSED = 2;

/** The options of every command that uses a server. */
export const SERVER_OPTIONS: readonly Option[] = [
  { flag: "server", variable: "TAILCAST_SERVER", value: "URL", help: "the build server (http://127.0.0.1:3000)" },
  {
    flag: "token",
    variable: "TAILCAST_TOKEN",
    value: "SECRET",
    help: "the token of the server; other users can see a flag in the list of processes, but not the variable (none)",
  },
  TOKEN_FILE_OPTION,
];

/** The reply of a server that refuses a request. */
export class ServerRefusal extends CommandError {
  /** The reason: an `HttpErrorCode` or a `TailcastErrorCode`. */
  readonly code: string;
  readonly body: Readonly<Record<string, unknown>>;

  constructor(message: string, status: number, code: string, body: Readonly<Record<string, unknown>>) {
    super(message, status >= 500 || status === 429 ? UNREACHABLE : REFUSED);
    this.code = code;
    this.body = body;
  }
}

/** The HTTP API of a build server. */
export class BuildServer {
  readonly #base: URL;
  readonly #token: string | undefined;

  /** @throws {TailcastError} `INVALID_OPTION` */
  constructor(args: Arguments) {
    this.#base = readBase(args.nameOf("server"), args.text("server") ?? "http://127.0.0.1:3000");
    this.#token = readToken(args);
  }

  /** Whether the server runs on this machine, so that both see the same files. */
  get isLocal(): boolean {
    return isLoopback(this.#base.hostname.replace(/^\[(.+)\]$/, "$1"));
  }

  /** The headers of each request. */
  get headers(): Readonly<Record<string, string>> {
    return this.#token === undefined ? {} : { authorization: `Bearer ${encodeURIComponent(this.#token)}` };
  }

  /** The address of a path, e.g. `api/builds`. */
  address(path: string): URL {
    return new URL(path, this.#base);
  }

  /** Whether this server has the address, so that it may receive the token. */
  has(url: URL): boolean {
    return url.origin === this.#base.origin;
  }

  /**
   * Sends a request and reads the JSON of the reply.
   *
   * @throws {ServerRefusal} For a status of 400 or more.
   * @throws {CommandError} When the server cannot be reached, or the reply is not JSON.
   */
  async request(method: string, path: string, body?: object): Promise<Readonly<Record<string, unknown>>> {
    const url = this.address(path);
    const content = body === undefined ? {} : { "content-type": "application/json" };
    const init = { method, headers: { ...this.headers, ...content, accept: "application/json" } };
    let reply: Response;
    let text: string;
    try {
      reply = await fetch(url, body === undefined ? init : { ...init, body: JSON.stringify(body) });
      text = await reply.text();
    } catch (error) {
      throw new CommandError(this.#unreachable(error), UNREACHABLE, { cause: error });
    }
    const json = parseObject(text);
    if (reply.ok && json !== undefined) return json;
    const { code = "", message } = (json?.["error"] ?? {}) as { code?: unknown; message?: unknown };
    if (typeof code !== "string" || typeof message !== "string") {
      throw new CommandError(`${url.origin} is not a build server: it answered ${reply.status}`, UNREACHABLE);
    }
    const remedy = reply.status === 401 ? "; set TAILCAST_TOKEN or --token-file to the token of the server" : "";
    throw new ServerRefusal(`${plainText(message)}${remedy}`, reply.status, code, json ?? {});
  }

  #unreachable(error: unknown): string {
    const { cause = error } = error as { cause?: unknown };
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === "ECONNREFUSED" ? "no server listens there" : (message || code) ?? String(cause);
    const remedy = 'start one with "tailcast", or name another one with --server';
    return `Cannot reach ${this.#base.origin}: ${reason}; ${remedy}`;
  }
}

function readBase(name: string, text: string): URL {
  const url = parseUrl(text);
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    throw invalidOption(name, `it must be an address such as http://127.0.0.1:3000, not "${text}"`);
  }
  if (url.username !== "" || url.password !== "") throw invalidOption(name, "it must not contain a password");
  // Paths of the API are below that of a proxy.
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  url.search = url.hash = "";
  return url;
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
