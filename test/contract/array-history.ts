import type { ChannelHistory, HistoryPiece, HistoryReader } from "../../dist/channel/history/history.js";

/** A history like that of `examples/memory-history.js`, one event after another. */
export class ArrayHistory implements ChannelHistory {
  readonly epoch = "e";
  readonly texts: string[] = [];

  get end(): number {
    return this.texts.length + 1;
  }

  async append(pieces: readonly Buffer[]): Promise<void> {
    this.texts.push(...Buffer.concat(pieces).toString().split(/(?<=\n\n)/));
  }

  read(sequence: number): HistoryReader {
    let position = sequence;
    const next = async (): Promise<HistoryPiece> => {
      const bytes = Buffer.from(this.texts[position - 1] ?? "");
      position++;
      return { bytes, next: position };
    };
    return { next, close: () => undefined };
  }
}
