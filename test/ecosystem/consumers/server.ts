// A program in Node: the library, and web streams as Node's types have them.
import { createServer, get } from "node:http";
import { Channel, TailcastError, decodeEventStream, encodeEvent } from "tailcast";
import { EventStreamDecoder } from "tailcast/protocol";
import type { ChannelOptions, DecodedEvent, TailcastErrorCode } from "tailcast";

const options: ChannelOptions = { capacity: 10, heartbeat: undefined };
const channel = new Channel<{ user: string }>(options);
createServer((request, response) => {
  channel.handle(request, response, { data: { user: "a" } });
});
export async function follow(): Promise<DecodedEvent | undefined> {
  get("http://localhost", async (response) => {
    for await (const event of decodeEventStream(response)) console.log(event.data);
  });
  const { body } = await fetch("http://localhost");
  if (body === null) return undefined;
  for await (const event of decodeEventStream(body, { maxEventBytes: 1000 })) return event;
  return undefined;
}
const code: TailcastErrorCode = new TailcastError("INVALID_EVENT", "x").code;
export const events: DecodedEvent[] = new EventStreamDecoder().decode(Buffer.from(encodeEvent({ data: code })));
