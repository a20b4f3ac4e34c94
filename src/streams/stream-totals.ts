import type { Channel } from "../channel/channel.ts";
import type { ChannelStatistics } from "../channel/statistics.ts";

/** Numbers about several channels together: the sums of their statistics, and the largest lag. */
export type StreamNumbers = Pick<
  ChannelStatistics,
  | "clients"
  | "blocked"
  | "lag"
  | "published"
  | "delivered"
  | "accepted"
  | "gaps"
  | "refused"
  | "historyFailures"
  | "closed"
>;

/** The sum of no channels. */
const NOTHING: StreamNumbers = {
  clients: 0,
  blocked: 0,
  lag: 0,
  published: 0,
  delivered: 0,
  accepted: { fresh: 0, resumed: 0, gap: 0 },
  gaps: 0,
  refused: 0,
  historyFailures: 0,
  closed: { left: 0, stalled: 0, aged: 0, ended: 0, closed: 0, dismissed: 0 },
};

/**
 * Adds up the numbers of channels that are opened and dropped. The numbers of a dropped channel stay in the sum: a
 * counter that falls would look like a restart.
 */
export class StreamTotals {
  /** The sum of the dropped channels that have no clients left. */
  #gone = NOTHING;
  /** Dropped channels that still have clients; their numbers still change. */
  readonly #leaving = new Set<Channel>();

  /** Adds the numbers of a channel that was dropped. */
  retire(channel: Channel): void {
    this.#leaving.add(channel);
    this.#dropIdle();
  }

  /** Channels that were dropped, and still have clients. */
  get leaving(): readonly Channel[] {
    this.#dropIdle();
    return [...this.#leaving];
  }

  /** The sum of these channels and all that were dropped. */
  sum(channels: Iterable<Channel>): StreamNumbers {
    this.#dropIdle();
    const statistics = [...channels, ...this.#leaving].map((channel) => channel.statistics);
    return statistics.reduce<StreamNumbers>(add, this.#gone);
  }

  /** Adds the channels whose last client has left to {@link #gone}. */
  #dropIdle(): void {
    for (const channel of this.#leaving) {
      if (channel.clientCount > 0) continue;
      this.#leaving.delete(channel);
      this.#gone = add(this.#gone, channel.statistics);
    }
  }
}

function add(a: StreamNumbers, b: StreamNumbers): StreamNumbers {
  return {
    clients: a.clients + b.clients,
    blocked: a.blocked + b.blocked,
    lag: Math.max(a.lag, b.lag),
    published: a.published + b.published,
    delivered: a.delivered + b.delivered,
    accepted: addEach(a.accepted, b.accepted),
    gaps: a.gaps + b.gaps,
    refused: a.refused + b.refused,
    historyFailures: a.historyFailures + b.historyFailures,
    closed: addEach(a.closed, b.closed),
  };
}

function addEach<Name extends string>(
  a: Readonly<Record<Name, number>>,
  b: Readonly<Record<Name, number>>,
): Record<Name, number> {
  const sums = Object.entries<number>(a).map(([name, value]) => [name, value + b[name as Name]]);
  return Object.fromEntries(sums) as Record<Name, number>;
}
