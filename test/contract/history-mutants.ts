import { ArrayHistory } from "./array-history.js";
import type { ChannelHistory, HistoryPiece, HistoryReader } from "../../dist/channel/history/history.js";

const changedPiece = (change: (piece: HistoryPiece) => HistoryPiece) =>
  class extends ArrayHistory {
    override read(sequence: number): HistoryReader {
      const reader = super.read(sequence);
      return { next: async () => change(await reader.next()), close: () => reader.close() };
    }
  };

type HistoryClass = new () => ChannelHistory;

/** Broken histories, by the title of the check that must reject them. */
export const historyMutants: Readonly<Record<string, readonly HistoryClass[]>> = {
  "is empty when it is new": [
    class extends ArrayHistory {
      override get end(): number {
        return this.texts.length;
      }
    },
  ],
  "reads what was appended from every event to the end, in whole events": [
    changedPiece(({ bytes, next }) => ({ bytes: bytes.subarray(0, -1), next })),
    changedPiece(({ bytes, next }) => ({ bytes, next: next + 1 })),
    class extends ArrayHistory {
      override async append(pieces: readonly Buffer[]): Promise<void> {
        await super.append(pieces.map((piece) => piece.subarray(0, 100_000)));
      }
    },
    class extends ArrayHistory {
      override async append(pieces: readonly Buffer[]): Promise<void> {
        await super.append([Buffer.from(Buffer.concat(pieces).toString("latin1"))]);
      }
    },
  ],
  "appends several pieces, each with several events, at once": [
    class extends ArrayHistory {
      override async append(pieces: readonly Buffer[]): Promise<void> {
        await super.append(pieces.slice(0, 1));
      }
    },
    class extends ArrayHistory {
      override async append(pieces: readonly Buffer[]): Promise<void> {
        await super.append(pieces);
        for (const piece of pieces) piece.fill(0);
      }
    },
  ],
  "divides long logs into pieces of about 64 KiB, which many readers read at once": [
    class extends ArrayHistory {
      override read(sequence: number): HistoryReader {
        const next = async (): Promise<HistoryPiece> => {
          return { bytes: Buffer.from(this.texts.slice(sequence - 1).join("")), next: this.end };
        };
        return { next, close: () => undefined };
      }
    },
    class extends ArrayHistory {
      #shared: HistoryReader | undefined;

      override read(sequence: number): HistoryReader {
        return (this.#shared ??= super.read(sequence));
      }
    },
  ],
  "continues a reader with events that were appended after it was opened": [
    class extends ArrayHistory {
      override read(sequence: number): HistoryReader {
        const frozen = new ArrayHistory();
        frozen.texts.push(...this.texts);
        return frozen.read(sequence);
      }
    },
  ],
  "lets a reader leave at any time": [
    class extends ArrayHistory {
      override read(sequence: number): HistoryReader {
        let isDone = false;
        const reader = super.read(sequence);
        const next = (): Promise<HistoryPiece> => reader.next().finally(() => (isDone = true));
        const close = (): void => {
          if (!isDone) throw new Error("the reader has not finished");
        };
        return { next, close };
      }
    },
  ],
  "gives a client of a channel the same bytes from memory and from the history": [
    changedPiece(({ bytes, next }) => {
      return { bytes: Buffer.from(bytes.toString().replace("data: plain", "data:plain")), next };
    }),
  ],
  "continues with the same epoch and bytes after it is opened again": [ArrayHistory],
  "refuses a second writer": [ArrayHistory],
};
