import assert from "node:assert/strict";
import type { EventStore, HistoryReader } from "../channel/history/history.ts";

/** The maximum size of a piece without its largest event, in bytes. A piece should have about 64 KiB. */
const MAX_PIECE_BYTES = 256 * 1024;

/** Reads the events from `first` to before `end`, and checks each piece. Returns their texts. */
export async function readPieces(store: Pick<EventStore, "read">, first: number, end: number): Promise<string[]> {
  const reader = store.read(first);
  try {
    return await readOn(reader, first, end);
  } finally {
    reader.close();
  }
}

/** Does the same with an open reader, whose next event is `first`. */
export async function readOn(reader: Pick<HistoryReader, "next">, first: number, end: number): Promise<string[]> {
  const texts: string[] = [];
  while (first + texts.length < end) {
    const { bytes, next } = await reader.next();
    const piece = splitEvents(Buffer.from(bytes).toString());
    const start = first + texts.length;
    assert.ok(piece.length > 0, `the piece at ${start} has no event`);
    assert.equal(next, start + piece.length, `"next" of the piece at ${start}, which has ${piece.length} events`);
    const size = bytes.length - Math.max(...piece.map((text) => Buffer.byteLength(text)));
    assert.ok(size <= MAX_PIECE_BYTES, `the piece at ${start} has ${bytes.length} bytes; about 64 KiB are expected`);
    texts.push(...piece);
  }
  return texts.slice(0, end - first);
}

/** Divides a piece of the event stream into its events. */
export function splitEvents(text: string): string[] {
  const texts = text.split(/(?<=\n\n)/);
  assert.ok(text.endsWith("\n\n"), `a piece ends inside an event: ${JSON.stringify(text.slice(-40))}`);
  return texts;
}
