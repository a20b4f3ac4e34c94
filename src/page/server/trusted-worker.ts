import { HUB_VERSION } from "./hub-protocol.ts";

/** The part of the Trusted Types API that is used here. Some browsers do not have it. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): {
    createScriptURL(url: string): string;
  };
}

const WORKER_URL = "/page/server/stream-hub-worker.js";

const { trustedTypes } = globalThis as { readonly trustedTypes?: TrustedTypes };

/** It accepts one address only, whatever it is asked for. */
const policy = trustedTypes?.createPolicy("tailcast", { createScriptURL: () => WORKER_URL });

/**
 * Starts the worker that holds the streams of all tabs, or connects to it.
 *
 * @throws Error if this browser has no `SharedWorker`, or refuses it.
 */
export function connectWorker(): SharedWorker {
  const url = policy?.createScriptURL(WORKER_URL) ?? WORKER_URL;
  return new SharedWorker(url, { type: "module", name: `tailcast ${HUB_VERSION}` });
}
