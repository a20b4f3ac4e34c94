/**
 * The maximum height of the scrolled content, in pixels: browsers lay out no more than some 17 to 33 million. In a
 * longer log, a pixel of the scroll bar stands for more than a pixel of rows.
 */
const MAX_HEIGHT = 8_000_000;

/** A movement by more than this number of visible heights came from the scroll bar, or from the Home or End key. */
const JUMP = 1.5;

/** How far beyond the visible part rows are drawn, in visible heights. */
const OVERSCAN = 0.75;

/** The rows to draw. Positions are pixels from the top of the scrolled content. */
export interface Layout {
  /** The index of the first row, and the one after the last row. */
  readonly first: number;
  readonly end: number;
  readonly top: number;
  readonly bottom: number;
}

/** Returns the measured height of a row, in pixels; `undefined` if the row is not drawn. */
export type MeasuredHeight = (row: number) => number | undefined;

/**
 * Which rows are near the eye, and where they are in the scrolled content.
 *
 * Only the rows that are drawn have a known height. One of them, the anchor, has a fixed position, and the others
 * follow from it, so nothing moves under the eye when the height of another row turns out to be different. While
 * scrolling, the content moves with the scroll bar pixel by pixel; a jump leads to the row in proportion. When
 * scrolling rests, {@link Viewport.settle} moves the anchor and the scroll position together to where that row belongs
 * in proportion. The person sees no change, except that the scroll bar is exact again.
 */
export class Viewport {
  /** The visible height, in pixels. */
  height = 0;
  /** The height of content below the last row, in pixels. */
  tail = 0;
  /** The expected height of a row, in pixels. */
  rowHeight = 20;
  #count = 0;
  #scrollTop = 0;
  #anchor = { row: 0, top: 0 };
  #pinned: number | undefined;
  /** The height of the whole content, if all its rows are drawn. */
  #exactHeight: number | undefined;
  /** The height by which the drawn rows exceed the expected one, in pixels. */
  #excess = 0;

  /** The number of rows. */
  get count(): number {
    return this.#count;
  }

  set count(count: number) {
    if (count !== this.#count) this.#exactHeight = undefined;
    this.#count = count;
  }

  /** The scroll position, in pixels. */
  get scrollTop(): number {
    return this.#scrollTop;
  }

  /** The row with a fixed position. */
  get anchor(): number {
    return this.#anchor.row;
  }

  /** The height of the scrolled content, in pixels. */
  get contentHeight(): number {
    const expected = this.#count * this.rowHeight + this.#excess + this.tail;
    const height = this.#exactHeight ?? Math.min(expected, MAX_HEIGHT);
    return Math.max(this.height, height);
  }

  /** The height of all rows, in pixels. The tail follows them, also if both are less than the visible height. */
  get rowsHeight(): number {
    return (this.#exactHeight ?? this.contentHeight) - this.tail;
  }

  /** The largest scroll position. */
  get maxScrollTop(): number {
    return this.contentHeight - this.height;
  }

  /** Goes back to the first row. */
  clear(): void {
    this.count = 0;
    this.#scrollTop = 0;
    this.#anchor = { row: 0, top: 0 };
    this.#pinned = undefined;
    this.#exactHeight = undefined;
    this.#excess = 0;
  }

  /** Notes that the person has scrolled to this position. */
  scrollTo(scrollTop: number): void {
    const distance = scrollTop - this.#scrollTop;
    if (distance === 0) return;
    this.#scrollTop = scrollTop;
    this.#pinned = undefined;
    if (Math.abs(distance) > JUMP * this.height) this.#jump(scrollTop);
  }

  /** Notes that the browser has rounded, or limited, the position that it was given. */
  correct(scrollTop: number): void {
    this.#anchor.top += scrollTop - this.#scrollTop;
    this.#scrollTop = scrollTop;
  }

  /**
   * Shows a row at a place of the visible part.
   *
   * @param place - From 0, the top, to 1, the bottom.
   */
  show(row: number, place: number): void {
    const offset = place * Math.max(0, this.height - this.rowHeight);
    this.#scrollTop = this.#proportional(row - offset / this.rowHeight);
    this.#anchor = { row, top: this.#scrollTop + offset };
    this.#pinned = row;
  }

  /** Shows the last row at the bottom. */
  showEnd(): void {
    this.#pinned = this.#count;
    this.#scrollTop = this.maxScrollTop;
    this.#anchor = { row: this.#count, top: this.contentHeight - this.tail };
  }

  /** Notes that rows were added or removed before the anchor, which has this index now. */
  moveAnchor(row: number): void {
    if (this.#pinned !== undefined) this.#pinned += row - this.#anchor.row;
    this.#anchor.row = row;
  }

  /** The rows to draw. The position of one that is drawn already is fixed, if one is visible. */
  plan(heightOf: MeasuredHeight): Layout {
    const layout = this.#layout(heightOf);
    this.#anchorVisible(layout, heightOf);
    return layout;
  }

  /** The position of a row. All rows between it and the visible part must be drawn. */
  topOf(row: number, heightOf: MeasuredHeight): number {
    let { top } = this.#anchor;
    for (let at = this.#anchor.row; at > row; at--) top -= heightOf(at - 1) ?? this.rowHeight;
    for (let at = this.#anchor.row; at < row; at++) top += heightOf(at) ?? this.rowHeight;
    return top;
  }

  /** Rows without a measured height are expected to have the usual one. */
  #layout(heightOf: MeasuredHeight): Layout {
    const margin = OVERSCAN * this.height;
    const start = this.#scrollTop - margin;
    const end = this.#scrollTop + this.height + margin;
    const height = (row: number): number => heightOf(row) ?? this.rowHeight;
    let first = Math.min(this.#anchor.row, this.#count);
    let { top } = this.#anchor;
    while (first > 0 && top > start) top -= height(--first);
    while (first < this.#count && top + height(first) < start) top += height(first++);
    let last = first;
    let bottom = top;
    while (last < this.#count && bottom < end) bottom += height(last++);
    return { first, end: last, top, bottom };
  }

  /**
   * Fixes the position of a visible row, after the rows of a layout were measured; then makes the content begin with
   * the first row, and end with the last one, as far as they are among them.
   */
  fix(heightOf: MeasuredHeight): Layout {
    const layout = this.#layout(heightOf);
    const { first, end, top, bottom } = layout;
    this.#exactHeight = first === 0 && end === this.#count ? bottom - top + this.tail : undefined;
    this.#excess = this.#excessOf(layout);
    this.#anchorVisible(layout, heightOf);
    let shift = 0;
    if (first === 0) shift = -top;
    else if (end === this.#count) shift = this.contentHeight - this.tail - bottom;
    // The scroll bar is at its end, but more rows follow.
    else shift = this.#inner(this.#scrollTop) - this.#scrollTop;
    return this.#shift(layout, shift);
  }

  /**
   * Moves the content and the scroll position together, so that the scroll bar is exact. Returns the new layout.
   *
   * @param rowHeight - The usual height of a row, in pixels.
   */
  settle(heightOf: MeasuredHeight, rowHeight: number = this.rowHeight): Layout {
    const layout = this.#layout(heightOf);
    this.rowHeight = rowHeight;
    this.#excess = this.#excessOf(layout);
    if (layout.first === 0 || layout.end === this.#count) return this.fix(heightOf);
    let { first: row, top } = layout;
    for (; row < layout.end; row++) {
      const height = heightOf(row) ?? rowHeight;
      if (top + height > this.#scrollTop) {
        const place = this.#proportional(row + (this.#scrollTop - top) / height);
        return this.#shift(layout, this.#inner(place) - this.#scrollTop);
      }
      top += height;
    }
    return layout;
  }

  /** Without this height, the scroll bar of a short log would end before a very high row does. */
  #excessOf({ first, end, top, bottom }: Layout): number {
    return Math.max(0, bottom - top - (end - first) * this.rowHeight);
  }

  #shift(layout: Layout, shift: number): Layout {
    const scrollTop = Math.max(0, Math.min(this.maxScrollTop, this.#scrollTop + shift));
    this.#scrollTop = scrollTop;
    this.#anchor.top += shift;
    return { ...layout, top: layout.top + shift, bottom: layout.bottom + shift };
  }

  /** Makes a visible row the anchor: the one that was shown on request, or else the first one with a known height. */
  #anchorVisible({ first, end, top, bottom: last }: Layout, heightOf: MeasuredHeight): void {
    if (this.#pinned === this.#count && end === this.#count) {
      this.#anchor = { row: this.#count, top: last };
      return;
    }
    let measured: { row: number; top: number } | undefined;
    let visible: { row: number; top: number } | undefined;
    for (let row = first, at = top; row < end && at < this.#scrollTop + this.height; row++) {
      const height = heightOf(row);
      const bottom = at + (height ?? this.rowHeight);
      if (bottom > this.#scrollTop) {
        visible ??= { row, top: at };
        if (height !== undefined) measured ??= { row, top: at };
        if (row === this.#pinned) measured = { row, top: at };
      }
      at = bottom;
    }
    this.#anchor = measured ?? visible ?? this.#anchor;
  }

  /** Anchors the row that is in proportion to a scroll position. */
  #jump(scrollTop: number): void {
    if (scrollTop <= 0) this.#anchor = { row: 0, top: 0 };
    else if (scrollTop >= this.maxScrollTop - 1) {
      this.#anchor = { row: this.#count, top: this.contentHeight - this.tail };
    } else {
      const place = (scrollTop * this.#hiddenRows) / this.maxScrollTop;
      const row = Math.min(Math.floor(place), this.#count);
      this.#anchor = { row, top: scrollTop - (place - row) * this.rowHeight };
    }
    this.#pinned = this.#anchor.row;
  }

  /** The scroll position at which a row is at the top. */
  #proportional(row: number): number {
    const hidden = this.#hiddenRows;
    return hidden <= 0 ? 0 : Math.max(0, Math.min(1, row / hidden)) * this.maxScrollTop;
  }

  /** The next scroll position that leaves room for the rows before and after those that are drawn. */
  #inner(scrollTop: number): number {
    const room = Math.min(this.height, this.maxScrollTop / 3);
    return Math.max(room, Math.min(this.maxScrollTop - room, scrollTop));
  }

  /** The number of rows above the visible part when the end is visible. */
  get #hiddenRows(): number {
    return this.#count - (this.height - this.tail) / this.rowHeight;
  }
}
