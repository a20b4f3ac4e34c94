/**
 * Opens connections to Redis. `nodeRedis` and `ioRedis` make one from a client of these packages. For another client,
 * implement this interface.
 *
 * tailcast opens two connections, and opens each again when it ends. A connection must therefore neither reconnect nor
 * repeat a command.
 */
export interface RedisClient {
  /**
   * Opens a connection that is ready for commands.
   *
   * @param onMessage - Called with each message of a channel that the connection has subscribed to.
   * @param signal - When it is aborted, the attempt must end, and the promise must reject.
   */
  connect(onMessage: (channel: string, message: string) => void, signal: AbortSignal): Promise<RedisConnection>;
}

/** A connection to Redis. */
export interface RedisConnection {
  /** Resolves when the connection is over, with the reason. It never rejects. */
  readonly ended: Promise<unknown>;
  /**
   * Sends a command and resolves with its reply, in which texts are strings. When Redis answers with an error, it
   * rejects with an `Error` whose message is that answer, which starts with a code in capital letters, as in
   * `OOM command not allowed`. When the connection ends first, it rejects with another error.
   */
  command(args: readonly string[]): Promise<unknown>;
  /** Subscribes to Pub/Sub channels. Rejects when the connection ends. */
  subscribe(channels: readonly string[]): Promise<unknown>;
  /** Ends the subscription to channels. Rejects when the connection ends. */
  unsubscribe(channels: readonly string[]): Promise<unknown>;
  /** Ends the connection at once. Pending commands reject. */
  destroy(): void;
}
