import { channel } from "../channel.server.js";

export function loader() {
  return new Response(String(channel.clientCount));
}
