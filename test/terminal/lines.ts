import { LineSplitter } from "../../dist/runner/output/line-splitter.js";

/** The last state of every line of an output, each piece of it printed alone, and looked at if wanted. */
export function linesOf(printed: string | readonly string[], looks = false): string[] {
  const splitter = new LineSplitter();
  const lines: string[] = [];
  const apply = (row: number, texts: readonly string[]): void => {
    for (const [index, text] of texts.entries()) lines[row + index] = text;
  };
  const look = (): void => {
    for (const { row, text } of splitter.takeChanges()) lines[row] = text;
  };
  for (const piece of typeof printed === "string" ? [printed] : printed) {
    apply(splitter.nextRow, splitter.push(Buffer.from(piece)));
    if (looks) look();
  }
  apply(splitter.nextRow, splitter.end());
  look();
  return lines;
}
