/** A part of the map, in per cent of its height. */
export interface MapMark {
  readonly top: number;
  readonly height: number;
}

/**
 * Returns the marks of lines on the map. Lines that are close to each other share a mark.
 *
 * @param lines - In ascending order.
 * @param places - The number of places on the map, and the maximum number of marks.
 */
export function mapMarks(lines: Iterable<number>, lineCount: number, places: number): MapMark[] {
  const marks: MapMark[] = [];
  const size = 100 / places;
  let first = -1;
  let last = -1;
  const add = (): void => {
    if (first !== -1) marks.push({ top: first * size, height: (last - first + 1) * size });
  };
  for (const line of lines) {
    const place = Math.min(places - 1, Math.floor(((line - 1) / Math.max(1, lineCount)) * places));
    if (place > last + 1 || first === -1) {
      add();
      first = place;
    }
    last = Math.max(last, place);
  }
  add();
  return marks;
}

/** Returns the line at a place of the map. @param place - From 0, the top, to 1, the bottom. */
export function lineAt(place: number, lineCount: number): number {
  return Math.min(lineCount, Math.max(1, Math.floor(place * lineCount) + 1));
}
