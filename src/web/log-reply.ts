import { attachConnection } from "../channel/channel.ts";
import { hasLeft } from "../http/has-left.ts";
import { HttpError } from "../http/http-error.ts";
import { responseTurn } from "../http/turn.ts";
import { LOG_HEADERS, LogConnection } from "../streams/log-connection.ts";
import type { Channel } from "../channel/channel.ts";
import type { ClientLimit } from "../channel/clients/client-limit.ts";
import type { Exchange } from "../http/router.ts";
import type { LogTexts } from "../streams/log-text.ts";

/**
 * Answers with a build's log as text, from its first line to its end, live while the build runs. The client is a client
 * of the channel: it shares bytes with the other clients and has the same deadlines.
 *
 * @param readers - The limit of clients that read a log as text.
 * @param address - The key under which the limit counts the client.
 * @throws {HttpError} `TOO_MANY_CLIENTS`
 */
export async function sendLog(
  { request, response }: Exchange,
  channel: Channel,
  texts: LogTexts,
  readers: ClientLimit,
  address: string,
): Promise<void> {
  await responseTurn(request, response);
  // The client left meanwhile.
  if (hasLeft(request, response)) return;
  if (request.method === "HEAD") {
    checkRoom(readers.obstacle(address) ?? attachConnection(channel, response));
    response.writeHead(200, LOG_HEADERS).end();
    return;
  }
  checkRoom(readers.acquire(address));
  const obstacle = attachConnection(channel, response, (listener) => {
    const onClose = (): void => {
      readers.release(address);
      listener.onClose();
    };
    const own = { onDrain: () => listener.onDrain(), onClose };
    return new LogConnection(response, texts, own, () => channel.state !== "open");
  });
  if (obstacle !== undefined) readers.release(address);
  checkRoom(obstacle);
}

function checkRoom(obstacle: string | undefined): void {
  if (obstacle !== undefined) throw new HttpError("TOO_MANY_CLIENTS", `Cannot send the log: ${obstacle}`);
}
