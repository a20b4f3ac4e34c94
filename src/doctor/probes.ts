import { parseHttpUrl } from "./check-options.ts";
import { sendHttp10 } from "./request/http10.ts";
import { send } from "./request/send.ts";
import type { CheckSettings } from "./check-options.ts";
import type { Exchange } from "./request/exchange.ts";
import type { Probe } from "./request/send.ts";

/** In milliseconds. */
const HEAD_TIMEOUT = 5000;
const PROBE_TIMEOUT = 2500;
const SHORT_WATCH = 300;
const RESUME_WATCH = 1500;
const MAX_REDIRECTS = 5;

const UNKNOWN_ID = "unknown-id-of-tailcast-check";
const STRANGE_ORIGIN = "https://unknown-origin.example";

/** The responses to the requests beside the stream; `undefined` where no response head arrived. */
export interface SideExchanges {
  readonly identity?: Exchange | undefined;
  readonly head?: Exchange | undefined;
  readonly accept?: Exchange | undefined;
  readonly http10?: Exchange | undefined;
  readonly cors?: Exchange | undefined;
  readonly stranger?: Exchange | undefined;
  readonly preflight?: Exchange | undefined;
}

/** Sends the requests of a check, each on its own connection, and counts them. */
export class Probes {
  readonly #settings: CheckSettings;
  #url: URL;
  #headers: Readonly<Record<string, string>>;
  requests = 0;
  /** The URLs of redirects. */
  readonly redirects: string[] = [];

  constructor(settings: CheckSettings) {
    this.#settings = settings;
    this.#url = settings.url;
    this.#headers = settings.headers;
  }

  /**
   * Reads the stream, also after redirects. Later requests go to the last URL.
   *
   * @param onStream - Called when a response with status 200 starts.
   */
  async watch(onStream: (exchange: Exchange) => void): Promise<Exchange | undefined> {
    for (;;) {
      const leave = new AbortController();
      const { body } = this.#settings;
      const exchange = await this.#send({
        method: body === undefined ? "GET" : "POST",
        body,
        headers: { "Accept-Encoding": "gzip, deflate, br" },
        headTimeout: Math.max(HEAD_TIMEOUT, this.#settings.watch),
        watch: this.#settings.watch,
        signal: leave.signal,
        onHead: (head) => {
          if (head.status === 200) onStream(head);
          else leave.abort();
        },
      });
      const target = exchange === undefined ? undefined : redirectOf(exchange);
      if (target === undefined || this.redirects.length === MAX_REDIRECTS) return exchange;
      this.#follow(target);
    }
  }

  /** Sends the requests that need no event, a few at a time. */
  async aside(exchange: Exchange, signal: AbortSignal): Promise<SideExchanges> {
    const { origin, watch } = this.#settings;
    const isGet = this.#settings.body === undefined;
    const isEncoded = isGet && exchange.headers["content-encoding"] !== undefined;
    const [identity, general, cors] = await Promise.all([
      isEncoded ? this.#try({ watch, signal, headers: { "Accept-Encoding": "identity" } }) : undefined,
      isGet ? this.#general() : {},
      isGet && origin !== undefined && origin !== exchange.url.origin ? this.#cors(origin) : {},
    ]);
    return { identity, ...general, ...cors };
  }

  async #general(): Promise<SideExchanges> {
    return {
      head: await this.#try({ watch: SHORT_WATCH, method: "HEAD" }),
      accept: await this.#try({ watch: SHORT_WATCH, headers: { Accept: "application/json" } }),
      http10: await this.#tryHttp10(),
    };
  }

  async #cors(origin: string): Promise<SideExchanges> {
    return {
      cors: await this.#try({ watch: SHORT_WATCH, headers: { Origin: origin } }),
      stranger: await this.#try({ watch: SHORT_WATCH, headers: { Origin: STRANGE_ORIGIN } }),
      preflight: await this.#try({ watch: SHORT_WATCH, method: "OPTIONS", headers: preflightHeaders(origin) }),
    };
  }

  /** Reconnects like an EventSource. @param id - The last event ID; `""` sends none. */
  reconnect(id: string): Promise<Exchange | undefined> {
    // Headers are Latin-1 in node:http, and UTF-8 on the wire.
    const headers: Record<string, string> = id === "" ? {} : { "Last-Event-ID": Buffer.from(id).toString("latin1") };
    return this.#try({ watch: Math.min(RESUME_WATCH, this.#settings.watch), headers });
  }

  /** Reconnects with an id that no server knows. */
  reconnectUnknown(): Promise<Exchange | undefined> {
    return this.reconnect(UNKNOWN_ID);
  }

  #send(probe: Omit<Probe, "url">): Promise<Exchange | undefined> {
    this.requests += 1;
    return send({ ...probe, url: this.#url, headers: this.#join(probe.headers) });
  }

  /** Sends a request. If it fails, the check continues. */
  async #try(probe: Omit<Probe, "url" | "headers" | "headTimeout"> & Partial<Probe>): Promise<Exchange | undefined> {
    return this.#send({ headers: {}, headTimeout: PROBE_TIMEOUT, ...probe }).catch(() => undefined);
  }

  async #tryHttp10(): Promise<Exchange | undefined> {
    this.requests += 1;
    const probe = { url: this.#url, headers: this.#join({}), headTimeout: PROBE_TIMEOUT, watch: SHORT_WATCH };
    return sendHttp10(probe).catch(() => undefined);
  }

  #join(headers: Readonly<Record<string, string>>): Record<string, string> {
    return { "Accept": "text/event-stream", "Cache-Control": "no-cache", ...this.#headers, ...headers };
  }

  #follow(target: URL): void {
    if (target.origin !== this.#url.origin) {
      const isPublic = ([name]: readonly [string, string]): boolean => !/^(?:authorization|cookie)$/i.test(name);
      this.#headers = Object.fromEntries(Object.entries(this.#headers).filter(isPublic));
    }
    this.#url = target;
    this.redirects.push(target.href);
  }
}

function redirectOf({ status, headers, url }: Exchange): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(status)) return undefined;
  return parseHttpUrl(headers["location"] ?? "", url.href);
}

function preflightHeaders(origin: string): Record<string, string> {
  return {
    "Accept": "*/*",
    "Origin": origin,
    "Access-Control-Request-Method": "GET",
    "Access-Control-Request-Headers": "last-event-id",
  };
}
