import { closeOnSignal } from "tailcast";
import { channel } from "$lib/server/channel.js";

/** SvelteKit calls this once when the server starts. */
export function init() {
  closeOnSignal("framework", channel, { retry: 1000 });
}
