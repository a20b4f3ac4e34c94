import { HubClient } from "./hub-client.ts";
import { connectWorker } from "./trusted-worker.ts";

/** Returns this tab's connection to the hub, which a `SharedWorker` runs. */
export function openHub(): HubClient {
  const client = new HubClient({
    connectHub: () => {
      const worker = connectWorker();
      return { port: worker.port, onFailure: (listener) => worker.addEventListener("error", listener) };
    },
    connect: (url) => new EventSource(url),
    isMultiplexed,
  });
  addEventListener("pagehide", () => client.leave());
  // The browser shows a page again that it has put aside.
  addEventListener("pageshow", (event) => {
    if (event.persisted) client.restart();
  });
  return client;
}

/** Whether the page came over HTTP/2 or later. */
function isMultiplexed(): boolean {
  const entries = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  return entries.some((entry) => ["h2", "h3"].includes((entry as PerformanceResourceTiming).nextHopProtocol));
}
