import { ClientLimit } from "../../channel/clients/client-limit.ts";
import { TailcastError } from "../../error.ts";
import { addressKey } from "../../http/address-key.ts";
import { hasLeft } from "../../http/has-left.ts";
import { HttpError } from "../../http/http-error.ts";
import { sendJson } from "../../http/reply.ts";
import { responseTurn } from "../../http/turn.ts";
import { readLineQuery } from "../line-query.ts";
import type { IncomingMessage } from "node:http";
import type { Exchange, Handler } from "../../http/router.ts";
import type { BuildStreams, LineReader } from "../../streams/build-streams.ts";
import type { BuildAppSettings } from "../build-app-options.ts";
import type { BuildService } from "../builders/builders.ts";

/**
 * The maximum number of concurrent replies with lines, in total and for one address. Each reads the disk, and needs up
 * to some megabytes until the client has read it.
 */
const MAX_REPLIES = 100;
const MAX_REPLIES_PER_ADDRESS = 20;

/** The objects that the handlers of lines use. */
export interface LineServices {
  readonly queue: BuildService;
  readonly streams: BuildStreams;
  /** The limits of clients, which can be lower than those of replies with lines. */
  readonly settings: Pick<BuildAppSettings, "maxClients" | "maxClientsPerAddress">;
  /** Returns the address of a client. */
  readonly clientAddress: (request: IncomingMessage) => string;
}

/** Handlers of the lines of a log by number. */
export function lineHandlers(services: LineServices): Readonly<Record<"outline" | "lines", Handler>> {
  const { queue, streams, clientAddress } = services;
  const { maxClients, maxClientsPerAddress } = services.settings;
  const most = [Math.min(maxClients, MAX_REPLIES), Math.min(maxClientsPerAddress, MAX_REPLIES_PER_ADDRESS)] as const;
  const replies = new ClientLimit(...most);
  const answer = async (exchange: Exchange, read: (lines: LineReader) => Promise<unknown>): Promise<void> => {
    const { request, response, parameter: buildId } = exchange;
    // The index of the log may have to be made first. Clients that wait for it need no room.
    const lines = await streams.linesOf(await queue.get(buildId));
    if (lines === undefined) throw new TailcastError("BUILD_NOT_FOUND", `Cannot find the build ${buildId}`);
    await responseTurn(request, response);
    if (hasLeft(request, response)) return;
    const address = addressKey(clientAddress(request));
    const obstacle = replies.acquire(address);
    if (obstacle !== undefined) throw new HttpError("TOO_MANY_REQUESTS", `Cannot read the lines: ${obstacle}`);
    response.once("close", () => replies.release(address));
    const reply = await read(lines);
    // The build may have been removed meanwhile, with its lines.
    await queue.get(buildId);
    sendJson(response, 200, reply);
  };
  return {
    outline: (exchange) => answer(exchange, (lines) => lines.outline()),
    lines: async (exchange) => {
      const { from, count } = readLineQuery(exchange.query);
      await answer(exchange, (lines) => lines.lines(from, count));
    },
  };
}
