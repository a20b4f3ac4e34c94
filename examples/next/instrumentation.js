/** Next calls this once when the server starts. */
export async function register() {
  if (process.env.NEXT_RUNTIME !== "nodejs") return;
  const { closeOnSignal } = await import("tailcast");
  const { channel } = await import("./channel.js");
  closeOnSignal("framework", channel, { retry: 1000 });
}
