import { workerAddress } from "../worker-address.ts";
import { HUB_VERSION } from "./hub-protocol.ts";

/**
 * Starts the worker that holds the streams of all tabs, or connects to it.
 *
 * @throws Error if this browser has no `SharedWorker`, or refuses it.
 */
export function connectWorker(): SharedWorker {
  return new SharedWorker(workerAddress("hub"), { type: "module", name: `tailcast ${HUB_VERSION}` });
}
