/** Consecutive lines of one step. */
export interface Section {
  /** The name of the step; null: lines of the whole build, which have no heading. */
  readonly step: string | null;
  /** The number of its first line. */
  readonly first: number;
}

/** A row of the log. */
export type Row =
  | { readonly type: "heading"; readonly section: number }
  | { readonly type: "line"; readonly number: number }
  /** Stands for lines that the server no longer keeps. */
  | { readonly type: "gap"; readonly first: number; readonly last: number };

/** Lines from `first` to `last`. */
export interface LineRange {
  readonly first: number;
  readonly last: number;
}

/** Rows of one kind: a heading, a gap, or consecutive lines. A folded section has only its heading. */
interface Segment {
  readonly type: Row["type"];
  readonly section: number;
  /** The index of the first row. */
  readonly row: number;
  /** The lines that its rows show or stand for. A heading has those below it while its section is folded. */
  readonly first: number;
  last: number;
}

/**
 * The order of the rows of a log: headings of steps, lines, and gaps. It knows numbers only and no text, so its size
 * depends on the number of sections and gaps, not on the number of lines.
 */
export class LogRows {
  #lineCount = 0;
  #sections: Section[] = [];
  #gaps: LineRange[] = [];
  readonly #folded = new Set<number>();
  #segments: Segment[] = [];

  /** The number of the last line. */
  get lineCount(): number {
    return this.#lineCount;
  }

  /** The sections, in order. */
  get sections(): readonly Section[] {
    return this.#sections;
  }

  /** The number of rows. */
  get count(): number {
    const last = this.#segments.at(-1);
    return last === undefined ? 0 : last.row + sizeOf(last);
  }

  /** Removes everything. */
  clear(): void {
    this.#folded.clear();
    this.#gaps = [];
    this.set(0, []);
  }

  /** Replaces the sections. Sections that begin where folded ones began stay folded; gaps stay. */
  set(lineCount: number, sections: readonly Section[]): void {
    this.#lineCount = lineCount;
    this.#sections = [...sections];
    this.#arrange();
  }

  /** Adds a line at the end, and those between if its number is not the next one. */
  append(number: number, step: string | null): void {
    if (number <= this.#lineCount) return;
    const section = this.#sections.at(-1);
    if (section === undefined || section.step !== step) {
      this.#lineCount = number;
      this.#sections.push({ step, first: number });
      this.#arrange();
      return;
    }
    this.#lineCount = number;
    const segment = this.#segments.at(-1);
    if (segment?.type === "gap") this.#arrange();
    else if (segment !== undefined) segment.last = number;
  }

  /** Replaces lines with a gap, because the server no longer keeps them. */
  addGap(first: number, last: number): void {
    const others = this.#gaps.filter((gap) => gap.last < first - 1 || gap.first > last + 1);
    const touched = this.#gaps.filter((gap) => !others.includes(gap));
    const joined = {
      first: Math.min(first, ...touched.map((gap) => gap.first)),
      last: Math.max(last, ...touched.map((gap) => gap.last)),
    };
    this.#gaps = [...others, joined].sort((a, b) => a.first - b.first);
    this.#arrange();
  }

  /** Whether a line is in a gap. */
  isMissing(number: number): boolean {
    return this.#gaps.some(({ first, last }) => number >= first && number <= last);
  }

  /** Whether a section shows only its heading. */
  isFolded(section: number): boolean {
    const { first } = this.#sections[section] ?? {};
    return first !== undefined && this.#folded.has(first);
  }

  /** Shows only the heading of a section, or all its rows. */
  fold(section: number, isFolded: boolean): void {
    const found = this.#sections[section];
    if (found === undefined || found.step === null) return;
    if (isFolded) this.#folded.add(found.first);
    else this.#folded.delete(found.first);
    this.#arrange();
  }

  /** The row at an index. */
  at(index: number): Row | undefined {
    const segment = this.#segments[lastIndex(this.#segments, ({ row }) => row <= index)];
    if (segment === undefined || index >= segment.row + sizeOf(segment)) return undefined;
    if (segment.type === "heading") return { type: "heading", section: segment.section };
    if (segment.type === "gap") return { type: "gap", first: segment.first, last: segment.last };
    return { type: "line", number: segment.first + index - segment.row };
  }

  /** The section that a row belongs to. */
  sectionAt(index: number): number | undefined {
    return this.#segments[lastIndex(this.#segments, ({ row }) => row <= index)]?.section;
  }

  /** The section that a line belongs to. */
  sectionOf(number: number): number | undefined {
    const index = lastIndex(this.#sections, ({ first }) => first <= number);
    return index === -1 ? undefined : index;
  }

  /** The index of the row that shows a line, or stands for it: its gap, or the heading of its folded section. */
  rowOf(number: number): number {
    const index = lastIndex(this.#segments, ({ first }) => first <= number);
    const segment = this.#segments[Math.max(0, index)];
    if (segment === undefined) return 0;
    return segment.type === "line" ? segment.row + Math.min(number, segment.last) - segment.first : segment.row;
  }

  /** The index of a section's first row, which is its heading if it has one. */
  rowOfSection(section: number): number {
    return this.#segments.find((segment) => segment.section === section)?.row ?? 0;
  }

  #arrange(): void {
    this.#segments = [];
    this.#sections.forEach((section, index) => {
      const last = (this.#sections[index + 1]?.first ?? this.#lineCount + 1) - 1;
      // The first section also has the lines before its first line, which can only be in a gap.
      const first = index === 0 ? Math.min(1, section.first) : section.first;
      if (section.step !== null) {
        const isFolded = this.#folded.has(section.first);
        this.#add("heading", index, first, isFolded ? last : first - 1);
        if (isFolded) return;
      }
      let next = first;
      for (const gap of this.#gaps) {
        if (gap.last < next || gap.first > last) continue;
        if (gap.first > next) this.#add("line", index, next, gap.first - 1);
        this.#add("gap", index, Math.max(next, gap.first), Math.min(gap.last, last));
        next = gap.last + 1;
      }
      // The last section keeps a segment for the lines to come.
      if (next <= last || (index === this.#sections.length - 1 && next === first)) this.#add("line", index, next, last);
    });
  }

  #add(type: Row["type"], section: number, first: number, last: number): void {
    this.#segments.push({ type, section, row: this.count, first, last });
  }
}

/** The number of rows of a segment. */
function sizeOf({ type, first, last }: Segment): number {
  return type === "line" ? last - first + 1 : 1;
}

/** The index of the last item for which a test holds that holds for no item after one for which it does not. */
function lastIndex<Item>(items: readonly Item[], test: (item: Item) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (test(items[middle] as Item)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
