import { Link } from "./link.ts";
import type { RedisClient } from "./redis-client.ts";

/** The number of channels in one command. */
const CHANNELS = 500;

/** The object that receives the messages. */
export interface SubscriptionsListener {
  /** Called when messages of these channels start to arrive. */
  onSubscribed(channels: readonly string[]): void;
  onMessage(channel: string, message: string): void;
  onDown(error: unknown): void;
}

/** The Pub/Sub channels that a process listens to, on one connection. */
export class Subscriptions {
  readonly #link: Link;
  readonly #listener: SubscriptionsListener;
  readonly #wanted = new Set<string>();
  /** The channels of the current connection. */
  #subscribed = new Set<string>();
  #isRunning = false;

  constructor(client: RedisClient, timeout: number, listener: SubscriptionsListener) {
    this.#listener = listener;
    this.#link = new Link(client, timeout, {
      onReady: () => {
        this.#subscribed = new Set();
        this.#start();
      },
      onDown: (error) => listener.onDown(error),
      onMessage: (channel, message) => listener.onMessage(channel, message),
    });
  }

  add(channel: string): void {
    this.#wanted.add(channel);
    this.#start();
  }

  remove(channel: string): void {
    this.#wanted.delete(channel);
    this.#start();
  }

  /** Replaces the connection. */
  reset(): void {
    this.#link.reset();
  }

  /** Replaces the connection when it does not answer. */
  async check(): Promise<void> {
    await this.#link.command(["PING"]).catch(() => undefined);
    this.#start();
  }

  close(): void {
    this.#link.close();
  }

  #start(): void {
    if (this.#isRunning || !this.#link.isReady) return;
    this.#isRunning = true;
    queueMicrotask(() => void this.#run());
  }

  /** Subscribes and unsubscribes until the channels are the wanted ones. */
  async #run(): Promise<void> {
    let subscribed = this.#subscribed;
    try {
      for (;;) {
        subscribed = this.#subscribed;
        const missing = [...this.#wanted].filter((channel) => !subscribed.has(channel)).slice(0, CHANNELS);
        const needless = [...subscribed].filter((channel) => !this.#wanted.has(channel)).slice(0, CHANNELS);
        if (missing.length > 0) {
          await this.#link.subscribe(missing);
          for (const channel of missing) subscribed.add(channel);
          if (subscribed === this.#subscribed) this.#listener.onSubscribed(missing);
        } else if (needless.length > 0) {
          for (const channel of needless) subscribed.delete(channel);
          await this.#link.unsubscribe(needless);
        } else {
          break;
        }
      }
    } catch {
      // The connection has ended, or Redis has refused. The next connection or the next check tries again.
    }
    this.#isRunning = false;
    if (subscribed !== this.#subscribed) this.#start();
  }
}
