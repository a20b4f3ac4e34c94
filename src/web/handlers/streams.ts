import { countRefused } from "../../channel/channel.ts";
import { TailcastError } from "../../error.ts";
import { addressKey } from "../../http/address-key.ts";
import { LogTexts } from "../../streams/log-text.ts";
import { colouredText, plainText } from "../../terminal/plain-text.ts";
import { sendLog } from "../log-reply.ts";
import type { IncomingMessage } from "node:http";
import type { Channel } from "../../channel/channel.ts";
import type { ClientLimit } from "../../channel/clients/client-limit.ts";
import type { Exchange, Handler } from "../../http/router.ts";
import type { BuildStreams } from "../../streams/build-streams.ts";
import type { BuildService } from "../builders/builders.ts";
import type { Monitors } from "../monitoring/monitors.ts";

/** The objects that the handlers of streams use. */
export interface StreamServices {
  readonly queue: BuildService;
  readonly streams: BuildStreams;
  readonly monitors: Monitors;
  /** The limit of clients that read a log as text. */
  readonly logReaders: ClientLimit;
  /** Returns the address of a client. */
  readonly clientAddress: (request: IncomingMessage) => string;
}

/** Handlers of event streams, and of the log as text. */
export function streamHandlers(services: StreamServices): Readonly<Record<"feed" | "events" | "log", Handler>> {
  const { queue, streams, monitors, logReaders, clientAddress } = services;
  const plainTexts = new LogTexts(plainText);
  const colouredTexts = new LogTexts(colouredText);
  const channelOf = async (buildId: string): Promise<Channel> => {
    const channel = await streams.of(await queue.get(buildId));
    if (channel === undefined) throw new TailcastError("BUILD_NOT_FOUND", `Cannot find the build ${buildId}`);
    return channel;
  };
  const follow = ({ request, response }: Exchange, channel: Channel): void => {
    const before = countRefused(channel);
    channel.handle(request, response);
    // The channel has already refused the client with a time to reconnect.
    if (countRefused(channel) > before) monitors.requests.refuse(response, "TOO_MANY_CLIENTS");
  };
  return {
    feed: async (exchange) => follow(exchange, await streams.feed()),
    events: async (exchange) => follow(exchange, await channelOf(exchange.parameter)),
    log: async (exchange) => {
      const channel = await channelOf(exchange.parameter);
      const texts = exchange.query.has("ansi") ? colouredTexts : plainTexts;
      await sendLog(exchange, channel, texts, logReaders, addressKey(clientAddress(exchange.request)));
    },
  };
}
