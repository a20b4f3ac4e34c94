// A history in another store, here an array: npm run build && node examples/memory-history.js
import { Channel } from "tailcast";

/** Keeps the pieces that a channel appends. The contract is in src/channel/history/history.ts. */
class MemoryHistory {
  end = 1;
  #pieces = []; // { first, next, bytes }; each has the events from `first` to `next - 1`

  constructor(epoch) {
    this.epoch = epoch; // a store that outlives the process returns the same epoch, and the `end` that it has reached
  }

  async append(pieces, next) {
    this.#pieces.push({ first: this.end, next, bytes: Buffer.concat(pieces) }); // "id: e-1\ndata: ...\n\n" and so on
    this.end = next;
  }

  read(sequence) {
    return {
      next: async () => {
        const piece = this.#pieces.find(({ first, next }) => first <= sequence && sequence < next);
        const skipped = sequence - piece.first; // a piece may start before the event that the reader needs
        sequence = piece.next;
        const events = piece.bytes.toString().split(/(?<=\n\n)/); // every event ends with a blank line
        return { bytes: Buffer.from(events.slice(skipped).join("")), next: piece.next };
      },
      close: () => {},
    };
  }
}

const channel = new Channel({ history: new MemoryHistory("demo"), capacity: 1 }); // one event in memory
for (const word of ["one", "two", "three"]) channel.publish(word);
await channel.flushed();
for await (const bytes of channel.read({ lastEventId: "demo-1", until: "now" })) process.stdout.write(bytes);
await channel.close();
