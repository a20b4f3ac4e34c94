import { channel } from "$lib/server/channel.js";

export function GET({ request }) {
  return channel.respond(request);
}

export function POST({ url }) {
  return new Response(channel.publish(url.searchParams.get("text") ?? ""));
}
