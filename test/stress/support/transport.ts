import { get } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Channel } from "../../../dist/channel/channel.js";

/**
 * How a client leaves: closing; with a TCP reset; ending only its own half of the connection, then reading what still
 * comes; or ending its half and reading nothing more (`end`, over sockets only).
 */
export type Leave = "destroy" | "reset" | "half-close" | "end";

export const LEAVES: readonly Leave[] = ["destroy", "reset", "half-close"];

/** Receives the data of a connection. Nothing follows `onClose`. */
export interface Receiver {
  onHead(status: number, headers: IncomingHttpHeaders): void;
  onBytes(bytes: Uint8Array): void;
  onClose(): void;
}

/** One connection. */
export interface Link {
  /** Stops reading, so that the server meets back-pressure. */
  pause(): void;
  resume(): void;
  leave(how: Leave): void;
}

/** Opens a connection with these request headers. */
export type Transport = (headers: Record<string, string>, receiver: Receiver) => Link;

/** Over a real socket. */
export function overHttp(port: number): Transport {
  return (headers, receiver) => {
    const request = get({ port, host: "127.0.0.1", path: "/", headers, agent: false });
    let response: IncomingMessage | undefined;
    let isPaused = false;
    request.on("response", (incoming) => {
      response = incoming;
      receiver.onHead(incoming.statusCode ?? 0, incoming.headers);
      incoming.on("data", (bytes: Buffer) => receiver.onBytes(bytes));
      incoming.on("error", () => {});
      incoming.on("close", () => receiver.onClose());
      if (isPaused) incoming.pause();
    });
    request.on("error", () => {});
    request.on("close", () => {
      if (response === undefined) receiver.onClose();
    });
    const resume = (): void => {
      isPaused = false;
      response?.resume();
    };
    return {
      pause: () => {
        isPaused = true;
        response?.pause();
      },
      resume,
      leave: (how) => {
        if ((how === "half-close" || how === "end") && response !== undefined) {
          request.socket?.end();
          if (how === "half-close") resume();
        } else {
          if (how === "reset") request.socket?.resetAndDestroy();
          request.destroy();
        }
      },
    };
  };
}

/** Through `channel.respond()`, reading the body as a server would. */
export function overFetch(channel: Pick<Channel, "respond">): Transport {
  return (headers, receiver) => {
    const abort = new AbortController();
    const response = channel.respond(new Request("http://localhost/", { headers, signal: abort.signal }));
    const reader = (response.body ?? new Blob([]).stream()).getReader();
    let pausing: Promise<void> | undefined;
    let wake = (): void => {};
    const resume = (): void => {
      pausing = undefined;
      wake();
    };
    const read = async (): Promise<void> => {
      receiver.onHead(response.status, Object.fromEntries(response.headers));
      for (;;) {
        await pausing;
        const { done, value } = await reader.read();
        if (done) return;
        receiver.onBytes(value);
      }
    };
    // Starts in a later turn, as a server's response does. An aborted body rejects; for the client that is a close.
    setImmediate(
      () =>
        void read()
          .catch(() => {})
          .then(() => receiver.onClose()),
    );
    return {
      pause: () => {
        pausing ??= new Promise((resolve) => (wake = resolve));
      },
      resume,
      leave: (how) => {
        resume();
        if (how === "reset") abort.abort();
        else void reader.cancel().catch(() => {});
      },
    };
  };
}
