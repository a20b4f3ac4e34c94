import { readFileSync } from "node:fs";
import type { DecodedEvent } from "../../dist/protocol/decode.js";

/** The outcome of a stream that ends, in a client. */
export interface WireOutcome {
  readonly events: readonly DecodedEvent[];
  /** The last event ID with which the client reconnects. */
  readonly lastEventId: string;
  readonly retry: number | undefined;
}

/** A row of a table of `src/protocol/README.md`. */
export interface WireRow {
  /** The first cell as it is written. */
  readonly source: string;
  /** The line of the row. */
  readonly line: number;
  readonly chunks: readonly Uint8Array[];
  /** By the head of the column: `standard`, and the browsers that differ. */
  readonly outcomes: Readonly<Record<string, WireOutcome>>;
}

const README = new URL("../../src/protocol/README.md", import.meta.url);

/**
 * Reads every table whose first column is `wire`. Its notation stands in the README: chunks are code spans, with
 * `\n` and the like, or `0x` and bytes; outcomes are code spans too: `type "data"`, `type "data" id "x"`, `id = "x"`,
 * `retry = 700`.
 */
export function readWireTables(text: string = readFileSync(README, "utf8")): WireRow[] {
  const rows: WireRow[] = [];
  let columns: string[] | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const cells = /^\|(.*)\|$/.exec(line)?.[1]?.split("|").map((cell) => cell.trim());
    if (cells === undefined) columns = undefined;
    else if (columns === undefined) columns = cells;
    else if (columns[0] === "wire" && !/^:?-+:?$/.test(cells[0] ?? "")) {
      rows.push(readRow(columns, cells, index + 1));
    }
  }
  return rows;
}

function readRow(columns: readonly string[], cells: readonly string[], line: number): WireRow {
  const [source = ""] = cells;
  const outcomes: Record<string, WireOutcome> = {};
  for (const [index, column] of columns.entries()) {
    if (index === 0 || column === "why") continue;
    outcomes[column] = readOutcome(cells[index] ?? "", line);
  }
  return { source, line, chunks: spansOf(source).map(readChunk), outcomes };
}

function spansOf(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, span]) => span ?? "");
}

function readChunk(span: string): Uint8Array {
  if (span.startsWith("0x")) return Buffer.from(span.slice(2).replaceAll(" ", ""), "hex");
  return Buffer.from(JSON.parse(`"${span.replaceAll('"', '\\"')}"`) as string);
}

function readOutcome(cell: string, line: number): WireOutcome {
  const events: DecodedEvent[] = [];
  let lastEventId: string | undefined;
  let retry: number | undefined;
  for (const span of spansOf(cell)) {
    const [, state, value = ""] = /^(id|retry) = (.*)$/.exec(span) ?? [];
    const event = /^(\S+) ("(?:[^"\\]|\\.)*")(?: id (".*"))?$/.exec(span);
    if (state === "id") lastEventId = JSON.parse(value) as string;
    else if (state === "retry") retry = Number(value);
    else if (event !== null) {
      const [, type = "", data = "", id = '""'] = event;
      events.push({ type, data: JSON.parse(data) as string, lastEventId: JSON.parse(id) as string });
    } else throw new Error(`line ${line} of the README: \`${span}\` is not an event, an id or a retry`);
  }
  return { events, lastEventId: lastEventId ?? events.at(-1)?.lastEventId ?? "", retry };
}
