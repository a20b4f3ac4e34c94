import { channel } from "$lib/server/channel.js";

export function GET() {
  return new Response(String(channel.clientCount));
}
