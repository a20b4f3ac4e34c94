import { BlockList, isIP } from "node:net";
import { checkInteger, checkTexts } from "../check-options.ts";
import { invalidOption } from "../error.ts";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";

/** The client of a request, as trusted proxies report it. */
export interface ForwardedClient {
  /** Its IP address; empty when the connection has none. */
  readonly address: string;
  /** The scheme that the client uses; `undefined` when it is unknown, since an untrusted proxy may add TLS. */
  readonly scheme: "http" | "https" | undefined;
}

/** The report of one proxy about its own client. `undefined`: missing or not readable. */
interface Report {
  readonly address: string | undefined;
  readonly scheme: "http" | "https" | undefined;
}

/**
 * The proxies whose `X-Forwarded-For`, `X-Forwarded-Proto` and `Forwarded` (RFC 7239) headers the server trusts. Each
 * proxy appends the address of its own client. So the headers are read from the right, and only as far as the proxies
 * are trusted: a client can send any text to the left of that.
 */
export class ProxyTrust {
  readonly #hops: number;
  readonly #ranges = new BlockList();

  /** @param trusted - The number of proxies in front of the server, or their addresses and ranges. */
  constructor(trusted: number | readonly string[]) {
    this.#hops = typeof trusted === "number" ? trusted : 0;
    for (const range of typeof trusted === "number" ? [] : trusted) {
      const [address = "", prefix] = range.split("/");
      const family = isIP(address) === 6 ? "ipv6" : "ipv4";
      this.#ranges.addSubnet(address, prefix === undefined ? (family === "ipv6" ? 128 : 32) : Number(prefix), family);
    }
  }

  /** Returns the client of a request of `node:http` or `node:http2`. */
  clientOf({ headers, socket }: IncomingMessage): ForwardedClient {
    const isEncrypted = "encrypted" in socket && socket.encrypted === true;
    return this.read(socket.remoteAddress ?? "", isEncrypted, headers);
  }

  /**
   * Returns the client behind a connection.
   *
   * @param peer - The address at the other end of the connection.
   * @param isEncrypted - Whether the connection itself has TLS.
   */
  read(peer: string, isEncrypted: boolean, headers: IncomingHttpHeaders): ForwardedClient {
    const address = readAddress(peer) ?? peer;
    const direct: ForwardedClient = { address, scheme: isEncrypted ? "https" : undefined };
    if (!this.#isTrusted(address, 0)) return direct;
    const legacy = this.#follow(address, legacyReports(headers));
    const standard = this.#follow(address, standardReports(headers["forwarded"]));
    const hasBoth = headers["x-forwarded-for"] !== undefined && headers["forwarded"] !== undefined;
    // A proxy writes only one of the two headers, and may forward the client's value of the other one. Trust neither.
    if (hasBoth && legacy.address !== standard.address) return { address, scheme: undefined };
    const scheme = headers["x-forwarded-proto"] === undefined ? standard.scheme : legacy.scheme;
    return { address: headers["forwarded"] === undefined ? legacy.address : standard.address, scheme };
  }

  /** Reads the reports from right to left while their proxies are trusted. */
  #follow(peer: string, reports: readonly Report[]): ForwardedClient {
    let address = peer;
    let scheme: ForwardedClient["scheme"];
    for (let depth = 0; depth < reports.length && this.#isTrusted(address, depth); depth++) {
      const report = reports[reports.length - 1 - depth];
      scheme = report?.scheme;
      if (report?.address === undefined) break;
      address = report.address;
    }
    return { address, scheme };
  }

  /** @param depth - The number of proxies between this address and the server. */
  #isTrusted(address: string, depth: number): boolean {
    const family = isIP(address);
    return depth < this.#hops || (family !== 0 && this.#ranges.check(address, family === 6 ? "ipv6" : "ipv4"));
  }
}

/**
 * Checks the option that names the trusted proxies.
 *
 * @param name - The option, for the error.
 * @throws {TailcastError} `INVALID_OPTION`, naming the option.
 */
export function checkProxies(name: string, proxies: number | readonly string[]): ProxyTrust {
  if (typeof proxies === "number") return new ProxyTrust(checkInteger(name, proxies, { min: 0 }));
  const wrong = checkTexts(name, proxies).find((range) => !isAddressRange(range));
  if (wrong === undefined) return new ProxyTrust(proxies);
  const wanted = 'a number of proxies, or their addresses and ranges such as "10.0.0.0/8"';
  throw invalidOption(name, `it must be ${wanted}, not ${JSON.stringify(wrong)}`);
}

/** Whether a text is an IP address, or a range such as `10.0.0.0/8`. */
export function isAddressRange(text: string): boolean {
  const [, address = "", prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address);
  return family !== 0 && !address.includes("%") && Number(prefix ?? 0) <= (family === 6 ? 128 : 32);
}

/** Reads the reports of `X-Forwarded-For`. A single value of `X-Forwarded-Proto` applies to all addresses. */
function legacyReports(headers: IncomingHttpHeaders): Report[] {
  const addresses = (headers["x-forwarded-for"]?.toString() ?? "").split(",");
  const schemes = (headers["x-forwarded-proto"]?.toString() ?? "").split(",");
  return addresses.map((text, index) => {
    const fromRight = addresses.length - 1 - index;
    const scheme = schemes[Math.max(0, schemes.length - 1 - fromRight)];
    return { address: readAddress(text.trim()), scheme: readScheme(scheme) };
  });
}

/** Reads the reports of `Forwarded`. It returns no reports when the quotes are not balanced. */
function standardReports(header: string | undefined): Report[] {
  if (header === undefined || !/^(?:[^"]|"(?:\\.|[^"\\])*")*$/.test(header)) return [];
  const elements = header.match(/(?:[^,"]|"(?:\\.|[^"\\])*")+/g) ?? [];
  return elements.map((element) => {
    const pairs = element.matchAll(/([\w!#$%&'*+.^`|~-]+)=("(?:\\.|[^"\\])*"|[^;\s]*)/g);
    const values = new Map(Array.from(pairs, ([, name = "", value = ""]) => [name.toLowerCase(), unquote(value)]));
    return { address: readAddress(values.get("for") ?? ""), scheme: readScheme(values.get("proto")) };
  });
}

function unquote(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, "$1") : value;
}

function readScheme(text: string | undefined): "http" | "https" | undefined {
  const scheme = text?.trim().toLowerCase();
  return scheme === "http" || scheme === "https" ? scheme : undefined;
}

/**
 * Returns an address without its port and brackets, and an IPv4 address without its IPv6 form; `undefined` for other
 * texts.
 */
function readAddress(text: string): string | undefined {
  const bare = /^\[(.+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  if (isIP(bare) === 0 || bare.includes("%")) return undefined;
  return /^::ffff:([\d.]+)$/i.exec(bare)?.[1] ?? bare;
}
