import { channel } from "../../channel.js";

export function GET(request) {
  return channel.respond(request);
}

export function POST(request) {
  return new Response(channel.publish(request.nextUrl.searchParams.get("text") ?? ""));
}
