// A page or a worker: no types but those of the DOM.
import { decodeEventStream, encodeEvent, parseSequenceId } from "tailcast/protocol";
import type { EventFields, SequenceId } from "tailcast/protocol";

const fields: EventFields = { data: "a" };
export async function follow(body: ReadableStream<Uint8Array>): Promise<SequenceId | undefined> {
  const response = await fetch("/events");
  if (response.body !== null) for await (const event of decodeEventStream(response.body)) console.log(event.type);
  for await (const { lastEventId } of decodeEventStream(body)) return parseSequenceId(lastEventId);
  return undefined;
}
export const text: string = encodeEvent(fields);
// @ts-expect-error data is text
encodeEvent({ data: 1 });
