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
  /** Decodes the events. */
  readonly events: () => readonly DecodedEvent[];
}

/**
 * The builds that are running at the end of the feed: the feed has their start, but not their end. Queued builds do not
 * count. So a client can derive from the feed why a line names its build.
 */
export class RunningBuilds {
  readonly #ids: Set<string>;

  /** @param ids - The builds that an earlier process has left running. Default: none. */
  constructor(ids: Iterable<string> = []) {
    this.#ids = new Set(ids);
  }

  /** The ids of the builds. */
  get ids(): readonly string[] {
    return [...this.#ids];
  }

  /** Whether more than one build is running. */
  get areShared(): boolean {
    return this.#ids.size > 1;
  }

  /** Records a change of a build's state. */
  note({ id, status }: Pick<BuildRecord, "id" | "status">): void {
    if (status === "running") this.#ids.add(id);
    else this.#ids.delete(id);
  }

  /** Removes a build whose stream has ended, for any reason. */
  forget(id: string): void {
    this.#ids.delete(id);
  }

  /**
   * Divides the events of one build into parts during which one build was running, or more than one, and records the
   * states in them.
   */
  divide(bytes: Buffer, count: number): readonly SharedEvents[] {
    // Nearly all pieces contain only lines. They are decoded only if a client reads the feed.
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

  /** Whether more than one build was running at an event. The start and the end of a build count as part of its run. */
  #isShared({ type, data }: DecodedEvent): boolean {
    const wereShared = this.areShared;
    if (type === "build" || type === "end") {
      try {
        this.note(JSON.parse(data) as BuildRecord);
      } catch {
        // Another program changed the log. The event keeps its position in the feed.
      }
    }
    return wereShared || this.areShared;
  }
}
