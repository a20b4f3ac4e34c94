import { channel } from "../channel.server.js";

export function loader({ request }) {
  return channel.respond(request);
}

export function action({ request }) {
  return new Response(channel.publish(new URL(request.url).searchParams.get("text") ?? ""));
}
