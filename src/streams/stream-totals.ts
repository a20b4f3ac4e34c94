import type { Channel } from "../channel/channel.ts";
import type { ChannelStatistics } from "../channel/statistics.ts";

/** Statistics of several channels together: the sums of their values, and the largest lag. */
export type StreamNumbers = Pick<
  ChannelStatistics,
  | "clients"
  | "blocked"
  | "lag"
  | "published"
  | "delivered"
  | "accepted"
  | "gaps"
  | "historyFailures"
  | "closed"
>;

/** A sum that can be changed. */
type Sum = { -readonly [Name in keyof StreamNumbers]: Mutable<StreamNumbers[Name]> };
type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

/**
 * Adds up the statistics of channels that are opened and dropped. The values of a dropped channel stay in the sum,
 * because monitors interpret a decreasing counter as a restart.
 */
export class StreamTotals {
  /** The sum of the dropped channels that have no clients left. */
  readonly #gone = nothing();
  /** Dropped channels that still have clients, so their values can still change. */
  readonly #leaving = new Set<Channel>();

  /** Adds the values of a channel that was dropped. */
  retire(channel: Channel): void {
    this.#leaving.add(channel);
    this.#dropIdle();
  }

  /** The dropped channels that still have clients. */
  get leaving(): readonly Channel[] {
    this.#dropIdle();
    return [...this.#leaving];
  }

  /** Returns the sum of these channels and all dropped channels. */
  sum(channels: Iterable<Channel>): StreamNumbers {
    this.#dropIdle();
    const sum = nothing();
    add(sum, this.#gone);
    for (const { statistics } of channels) add(sum, statistics);
    for (const { statistics } of this.#leaving) add(sum, statistics);
    return sum;
  }

  /** Adds the channels whose last client has left to {@link #gone}. */
  #dropIdle(): void {
    for (const channel of this.#leaving) {
      if (channel.clientCount > 0) continue;
      this.#leaving.delete(channel);
      add(this.#gone, channel.statistics);
    }
  }
}

/** The sum of no channels. */
function nothing(): Sum {
  return {
    clients: 0,
    blocked: 0,
    lag: 0,
    published: 0,
    delivered: 0,
    accepted: { fresh: 0, resumed: 0, gap: 0 },
    gaps: 0,
    historyFailures: 0,
    closed: { left: 0, stalled: 0, aged: 0, ended: 0, closed: 0, dismissed: 0 },
  };
}

/** Adds to a sum in place, since a scrape adds up the channels of all builds. */
function add(sum: Sum, numbers: StreamNumbers): void {
  sum.clients += numbers.clients;
  sum.blocked += numbers.blocked;
  sum.lag = Math.max(sum.lag, numbers.lag);
  sum.published += numbers.published;
  sum.delivered += numbers.delivered;
  addEach(sum.accepted, numbers.accepted);
  sum.gaps += numbers.gaps;
  sum.historyFailures += numbers.historyFailures;
  addEach(sum.closed, numbers.closed);
}

function addEach<Name extends string>(sums: Record<Name, number>, numbers: Readonly<Record<Name, number>>): void {
  for (const name in sums) sums[name] += numbers[name];
}
