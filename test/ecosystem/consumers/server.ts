// A program in Node: the library, and web streams as Node's types have them.
import { createServer, get } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import {
  Channel,
  ChannelGroup,
  FileHistory,
  TailcastError,
  closeOnSignal,
  decodeEventStream,
  encodeEvent,
  openEventStream,
  respondEventStream,
  runBuild,
  sendEventStream,
} from "tailcast";
import { EventStreamDecoder } from "tailcast/protocol";
import type { ChannelOptions, DecodedEvent, EventStream, StreamSource, TailcastErrorCode } from "tailcast";

const options: ChannelOptions = { capacity: 10, heartbeat: undefined };
const channel = new Channel<{ user: string }>(options);
const server = createServer((request, response) => {
  channel.handle(request, response, { data: { user: "a" } });
});
closeOnSignal(server, channel, { signals: ["SIGTERM", "SIGINT"] });
closeOnSignal(createHttp2Server(), [channel, new ChannelGroup()]);
closeOnSignal({ stop: (force?: boolean) => Promise.resolve(void force) }, channel);
closeOnSignal("framework", { close: () => Promise.resolve() });
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

async function* tokens({ signal, lastEventId }: EventStream): AsyncGenerator<string> {
  if (!signal.aborted) yield lastEventId;
}
const group = new ChannelGroup<number>({
  channel: async (topic) => ({
    history: await FileHistory.open(topic, "e"),
    onConnect: ({ data }) => void data.toFixed(),
  }),
});
createServer((request, response) => {
  const stream: EventStream | undefined = openEventStream(request, response, { retry: 1000 });
  stream?.send({ event: "token", data: "a" }).finally(() => stream.close());
  sendEventStream(request, response, tokens).catch(console.error);
  sendEventStream(request, response, async (stream) => await stream.sendAll(["a", { data: "b" }]));
  group.handle("topic", request, response, { data: 1 }).then((client) => client?.data.toFixed());
});
export function respond(request: Request, body: ReadableStream<string>): Response[] {
  const sources: StreamSource[] = [["a"], new Set([{ data: "a" }]), body];
  return [respondEventStream(request, body), respondEventStream(request, () => sources[0])];
}
export async function run(model: (signal: AbortSignal) => AsyncIterable<string>): Promise<string> {
  const { channel, ended } = await group.run("topic", ({ signal }) => model(signal), { endEvent: null });
  group.stop("topic");
  return `${(await ended).outcome} ${channel.state}`;
}
export async function make(signal: AbortSignal): Promise<number | null | undefined> {
  const build = runBuild([{ name: "make", command: "make", args: [], cwd: "/srv" }], { signal });
  for await (const event of build) if (event.type === "line") console.log(event.text);
  return (await build.result).steps[0]?.exitCode;
}
// @ts-expect-error a source gives events
export const wrong = (request: Request): Response => respondEventStream(request, [1]);
