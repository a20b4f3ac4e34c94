import { addressKey } from "../../http/address-key.ts";
import { HttpError } from "../../http/http-error.ts";
import { responseTurn } from "../../http/turn.ts";
import type { IncomingMessage } from "node:http";
import type { Exchange, Handler } from "../../http/router.ts";
import type { SearchReport } from "../../streams/search/search-report.ts";
import type { BuildStreams } from "../../streams/build-streams.ts";
import type { LineQuery } from "../../terminal/line-pattern.ts";
import type { BuildService } from "../builders/builders.ts";

/** The objects that the handler of searches uses. */
export interface SearchServices {
  readonly queue: BuildService;
  readonly streams: BuildStreams;
  /** Returns the address of a client. */
  readonly clientAddress: (request: IncomingMessage) => string;
}

/** The maximum length of a pattern, in UTF-16 units. */
const MAX_LENGTH = 1000;

const HEADERS: Readonly<Record<string, string>> = {
  "Content-Type": "application/x-ndjson; charset=utf-8",
  "Cache-Control": "no-store, no-transform",
  "X-Accel-Buffering": "no",
};

/** Handler of a search in the log of a build. */
export function searchHandlers({ queue, streams, clientAddress }: SearchServices): Readonly<Record<"search", Handler>> {
  const search = async ({ request, response, query, parameter }: Exchange): Promise<void> => {
    const wanted = readSearchQuery(query);
    const build = await queue.get(parameter);
    await responseTurn(request, response);
    // The client left meanwhile.
    if (response.destroyed || request.socket.destroyed) return;
    if (request.method === "HEAD") {
      response.writeHead(200, HEADERS).end();
      return;
    }
    const leave = new AbortController();
    response.once("close", () => leave.abort());
    const onReport = (report: SearchReport): void => {
      if (!response.headersSent) response.writeHead(200, HEADERS);
      response.write(`${JSON.stringify(report)}\n`);
    };
    const address = addressKey(clientAddress(request));
    try {
      await streams.search(build, { ...wanted, address, onReport, signal: leave.signal });
      response.end();
    } catch (error) {
      if (!leave.signal.aborted) throw error;
    }
  };
  return { search };
}

/**
 * Reads `?q=`, `?case=`, `?regex=` and `?from=`.
 *
 * @throws {HttpError} `BAD_REQUEST` for an invalid or empty value.
 */
export function readSearchQuery(query: URLSearchParams): { readonly query: LineQuery; readonly from: number } {
  const text = query.get("q") ?? "";
  if (text === "" || text.length > MAX_LENGTH) throw refusal("q", `1 to ${MAX_LENGTH} characters`);
  const from = query.get("from") ?? "1";
  if (!/^[1-9]\d{0,14}$/.test(from)) throw refusal("from", "the number of a line");
  const isRegex = readSwitch(query, "regex");
  const isCaseSensitive = readSwitch(query, "case");
  return { query: { text, isRegex, isCaseSensitive }, from: Number(from) };
}

function readSwitch(query: URLSearchParams, name: string): boolean {
  const value = query.get(name) ?? "0";
  if (value !== "0" && value !== "1") throw refusal(name, "0 or 1");
  return value === "1";
}

function refusal(name: string, wanted: string): HttpError {
  return new HttpError("BAD_REQUEST", `Cannot search: "${name}" must be ${wanted}`);
}
