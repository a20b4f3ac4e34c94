/** Reads the values of a reply in NDJSON as they arrive. */
export async function* readJsonLines<Value>(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Value> {
  if (body === null) return;
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      const lines = (rest + decoder.decode(value, { stream: !done })).split("\n");
      rest = done ? "" : (lines.pop() ?? "");
      for (const line of lines) if (line !== "") yield JSON.parse(line) as Value;
      if (done) return;
    }
  } finally {
    // The consumer may have left early.
    await reader.cancel().catch(() => undefined);
  }
}
