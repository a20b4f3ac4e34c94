import { costOf } from "../cost.mjs";
import { WORD } from "./word.mjs";

/** The number of requests for lines, and the number of lines in each. */
const PLACES = 200;
const COUNT = 200;

/** The number of requests for the outline. */
const OUTLINES = 20;

/**
 * @typedef {object} Requests
 * @property {number} lines - CPU of the server for 200 lines at some place of the log, milliseconds.
 * @property {number} slowest - The longest answer to such a request, milliseconds.
 * @property {number} outline - CPU for the outline, milliseconds.
 * @property {number} search - From a search to its end, milliseconds.
 * @property {number} searchCpu - CPU for it, milliseconds.
 * @property {number} progress - The longest time without a report of its progress, milliseconds.
 * @property {number} peak - The most memory that the server has needed, bytes.
 */

/**
 * Measures the cost of the requests of a page for the server.
 *
 * @param {import("./server.mjs").Log} log
 * @returns {Promise<Requests>}
 */
export async function requests({ id, lineCount, marked }, server) {
  const path = `/api/builds/${id}`;
  const cost = async (count, request) => {
    const before = costOf([server.pid]).cpu;
    for (let at = 0; at < count; at++) await request(at);
    return (costOf([server.pid]).cpu - before) / 1000 / count;
  };
  let slowest = 0;
  const read = async (place) => {
    const begin = performance.now();
    // Neighbouring places are far apart.
    const from = 1 + Math.floor((((place * 89) % PLACES) / PLACES) * (lineCount - COUNT));
    const { lines } = await server.json(`${path}/lines?from=${from}&count=${COUNT}`);
    if (lines.length !== COUNT || lines[0].number !== from) throw new Error(`The lines from ${from} are not right`);
    slowest = Math.max(slowest, performance.now() - begin);
  };
  await read(0);
  slowest = 0;
  const lines = await cost(PLACES, read);
  const outline = await cost(OUTLINES, () => server.json(`${path}/outline`));
  let found;
  const searchCpu = await cost(1, async () => (found = await search(`${server.url}${path}/search?q=${WORD}`)));
  if (found.lines.join() !== String(marked.number)) throw new Error(`The search has found ${found.lines}`);
  const { peak } = costOf([server.pid]);
  return { lines, slowest, outline, search: found.time, searchCpu, progress: found.pause, peak };
}

/** Reads a search to its end. */
async function search(address) {
  const begin = performance.now();
  const response = await fetch(address);
  let last = begin;
  let pause = 0;
  let text = "";
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    pause = Math.max(pause, performance.now() - last);
    last = performance.now();
    text += piece;
  }
  const reports = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  if (reports.at(-1).end !== "complete") throw new Error(`The search has ended with ${reports.at(-1).end}`);
  return { time: last - begin, pause, lines: reports.flatMap(({ lines }) => lines) };
}
