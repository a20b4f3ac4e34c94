import { EventStreamDecoder } from "../../protocol/decode.ts";
import type { DecodedEvent } from "../../protocol/decode.ts";
import type { BuildRecord } from "../../runner/record.ts";

const STATES = ["event: build\n", "event: end\n"];

/** Consecutive events of one build. */
export interface SharedEvents {
  /** The number of events. */
  readonly count: number;
  /** Whether more than one build was running. */
  readonly isShared: boolean;
  /** Decodes them. */
  readonly events: () => readonly DecodedEvent[];
}

/**
 * The builds that are running at the end of the feed: the feed has their start, but not their end. Queued builds do not
 * count. So a client can derive from the feed alone why a line names its build.
 */
export class RunningBuilds {
  readonly #ids: Set<string>;

  /** @param ids - The builds that an earlier process has left running. Default: none. */
  constructor(ids: Iterable<string> = []) {
    this.#ids = new Set(ids);
  }

  /** Their ids. */
  get ids(): readonly string[] {
    return [...this.#ids];
  }

  /** Whether more than one build is running. */
  get areShared(): boolean {
    return this.#ids.size > 1;
  }

  /** Follows a change of a build's state. */
  note({ id, status }: Pick<BuildRecord, "id" | "status">): void {
    if (status === "running") this.#ids.add(id);
    else this.#ids.delete(id);
  }

  /** Removes a build whose stream has ended, for any reason. */
  forget(id: string): void {
    this.#ids.delete(id);
  }

  /** Divides events of one build by whether more than one build was running, and follows the states in them. */
  divide(bytes: Buffer, count: number): readonly SharedEvents[] {
    // Nearly all pieces have lines only, and are decoded only if a client reads the feed.
    if (!STATES.some((state) => bytes.includes(state))) {
      return [{ count, isShared: this.areShared, events: () => new EventStreamDecoder().decode(bytes) }];
    }
    const parts: { isShared: boolean; events: DecodedEvent[] }[] = [];
    for (const event of new EventStreamDecoder().decode(bytes)) {
      const isShared = this.#isShared(event);
      const last = parts.at(-1);
      if (last?.isShared === isShared) last.events.push(event);
      else parts.push({ isShared, events: [event] });
    }
    return parts.map(({ isShared, events }) => ({ count: events.length, isShared, events: () => events }));
  }

  /** A start and an end belong to the time in which their build runs. */
  #isShared({ type, data }: DecodedEvent): boolean {
    const wereShared = this.areShared;
    if (type === "build" || type === "end") {
      try {
        this.note(JSON.parse(data) as BuildRecord);
      } catch {
        // The log was changed. The event keeps its place in the feed.
      }
    }
    return wereShared || this.areShared;
  }
}
