/** Measures EventStreamDecoder beside eventsource-parser, and writes results-decoder.md. */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { createParser } from "eventsource-parser";
import { EventStreamDecoder } from "../../dist/protocol/decode.js";

const ROUNDS = 14;
const CHUNK_SIZES = [16_384, 1400, 64];

const repeat = (count, write) => new TextEncoder().encode(Array.from({ length: count }, (_, i) => write(i)).join(""));

/** The streams, as bytes. */
const STREAMS = {
  "token events": repeat(200_000, (i) => `data: {"choices":[{"delta":{"content":"token ${i}"}}]}\n\n`),
  "`line` events with ids": repeat(100_000, (i) => {
    const text = `{"number":${i},"step":"build","stream":"stdout","text":"transforming (${i}) src/button.tsx"}`;
    return `event: line\nid: 0123456789abcdef-${i}\ndata: ${text}\n\n`;
  }),
  "ten-line events": repeat(30_000, (i) => `${`data: line ${i} of some text\n`.repeat(10)}\n`),
  "heartbeats": repeat(400_000, () => ":\n\n"),
  "token events in Chinese": repeat(100_000, (i) => `data: {"delta":"正在构建项目${i}，请稍候"}\n\n`),
};

const decoders = {
  tailcast(chunks) {
    let events = 0;
    const decoder = new EventStreamDecoder();
    for (const chunk of chunks) events += decoder.decode(chunk).length;
    return events;
  },
  parser(chunks) {
    let events = 0;
    const text = new TextDecoder();
    const parser = createParser({ onEvent: () => events++ });
    for (const chunk of chunks) parser.feed(text.decode(chunk, { stream: true }));
    return events;
  },
  floor(chunks) {
    let units = 0;
    const text = new TextDecoder();
    for (const chunk of chunks) units += text.decode(chunk, { stream: true }).length;
    return units;
  },
};

function cut(bytes, size) {
  const chunks = [];
  for (let start = 0; start < bytes.length; start += size) chunks.push(bytes.subarray(start, start + size));
  return chunks;
}

function cpuTime() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** The least CPU time of each decoder, in microseconds. */
function measure(chunks) {
  if (decoders.tailcast(chunks) !== decoders.parser(chunks)) throw new Error("The decoders return different events");
  const best = { tailcast: Infinity, parser: Infinity, floor: Infinity };
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, decode] of Object.entries(decoders)) {
      const start = cpuTime();
      decode(chunks);
      best[name] = Math.min(best[name], cpuTime() - start);
    }
  }
  return best;
}

const { version } = JSON.parse(readFileSync(new URL("node_modules/eventsource-parser/package.json", import.meta.url)));
const lines = [
  "# The decoder",
  "",
  `${cpus()[0].model}, Node ${process.versions.node}. MB/s of CPU time; README.md says how it is measured.`,
  "",
  `| stream | bytes in a chunk | tailcast | eventsource-parser ${version} | \`TextDecoder\` alone | times as fast |`,
  "|---|---:|---:|---:|---:|---:|",
];
for (const [name, bytes] of Object.entries(STREAMS)) {
  for (const size of CHUNK_SIZES) {
    const { tailcast, parser, floor } = measure(cut(bytes, size));
    const speeds = [tailcast, parser, floor].map((time) => (bytes.length / time).toFixed(0));
    lines.push(`| ${[name, size, ...speeds, (parser / tailcast).toFixed(2)].join(" | ")} |`);
    console.log(lines.at(-1));
  }
}
writeFileSync(new URL("results-decoder.md", import.meta.url), `${lines.join("\n")}\n`);
