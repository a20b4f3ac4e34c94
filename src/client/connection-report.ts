/** The states of the connection of `follow()`. */
export type ConnectionState = "connecting" | "open" | "waiting" | "closed";

/** A change of the connection, for `onConnection`. */
export interface ConnectionReport {
  /**
   * - `connecting`: the client sends a request;
   * - `open`: the server has answered with an event stream;
   * - `waiting`: the connection has ended or failed, and the client reconnects after `delay`;
   * - `closed`: the stream has ended for good, or the reader has left.
   */
  readonly state: ConnectionState;
  /** The number of consecutive attempts without a byte of the stream, this one included; 1 for the first. */
  readonly attempt: number;
  /** With `waiting`: the time until the next request, in milliseconds. */
  readonly delay: number | undefined;
  /** With `waiting` and `closed`: why the connection failed; `undefined` when the server ended the stream. */
  readonly error: unknown;
}
