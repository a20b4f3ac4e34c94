import { channel } from "../../channel.js";

export function GET() {
  return new Response(String(channel.clientCount));
}
