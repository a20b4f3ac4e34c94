import { StreamHub } from "./stream-hub.ts";

// The code of the `SharedWorker`. Each tab connects with a port.
const hub = new StreamHub((url) => new EventSource(url));

addEventListener("connect", (event) => {
  const [port] = (event as MessageEvent).ports;
  if (port !== undefined) hub.serve(port);
});
