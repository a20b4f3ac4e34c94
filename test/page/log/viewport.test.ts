import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { Viewport } from "../../../dist/page/log/viewport.js";
import type { Layout } from "../../../dist/page/log/viewport.js";

/** A log on a screen: rows with heights that are known only while they are drawn. */
class Scene {
  readonly viewport = new Viewport();
  /** The height of each row. */
  heights: (row: number) => number = () => 20;
  drawn: Layout = { first: 0, end: 0, top: 0, bottom: 0 };

  constructor(count: number, height = 400) {
    this.viewport.count = count;
    this.viewport.height = height;
    this.draw();
  }

  readonly heightOf = (row: number): number | undefined =>
    row >= this.drawn.first && row < this.drawn.end ? this.heights(row) : undefined;

  draw(): void {
    for (let round = 0; round < 8; round++) {
      this.drawn = this.viewport.plan(this.heightOf);
      const { first, end } = this.viewport.fix(this.heightOf);
      if (first >= this.drawn.first && end <= this.drawn.end) return;
    }
    assert.fail("the rows to draw change without end");
  }

  scrollTo(scrollTop: number): void {
    const { viewport } = this;
    viewport.scrollTo(Math.max(0, Math.min(viewport.maxScrollTop, scrollTop)));
    this.draw();
  }

  /** Scrolls as a wheel does. */
  scrollBy(distance: number): void {
    this.scrollTo(this.viewport.scrollTop + distance);
  }

  rest(rowHeight?: number): void {
    this.viewport.settle(this.heightOf, rowHeight);
    this.draw();
  }

  /** Where each visible row begins, in pixels below the top of the visible part. */
  get visible(): Map<number, number> {
    const places = new Map<number, number>();
    let at = this.viewport.topOf(this.drawn.first, this.heightOf) - this.viewport.scrollTop;
    for (let row = this.drawn.first; row < this.drawn.end; row++) {
      const bottom = at + this.heights(row);
      if (bottom > 0 && at < this.viewport.height) places.set(row, at);
      at = bottom;
    }
    return places;
  }

  get firstVisible(): number {
    return [...this.visible.keys()][0] ?? -1;
  }

  get lastVisible(): number {
    return [...this.visible.keys()].at(-1) ?? -1;
  }
}

/** Heights of wrapped lines: the same for the same row. */
const wrapped = (row: number): number => 20 * (1 + ((row * 7919) % 5));

describe("Viewport", () => {
  let scene: Scene;
  beforeEach(() => (scene = new Scene(100_000)));

  it("draws only the rows near the eye", () => {
    assert.equal(scene.viewport.contentHeight, 2_000_000);
    assert.deepEqual(scene.drawn, { first: 0, end: 35, top: 0, bottom: 700 });
    assert.deepEqual([scene.firstVisible, scene.lastVisible], [0, 19]);
    scene.scrollTo(1_000_010);
    assert.deepEqual([...scene.visible.entries()][0], [50_000, -10]);
    assert.ok(scene.drawn.end - scene.drawn.first < 60);
  });

  it("shows the first and the last row at the ends of the scroll bar, and a line in proportion between", () => {
    scene = new Scene(5_000_000);
    assert.equal(scene.viewport.contentHeight, 8_000_000);
    scene.scrollTo(8_000_000);
    assert.equal(scene.lastVisible, 4_999_999);
    assert.equal(scene.visible.get(4_999_999), 380);
    scene.scrollTo(scene.viewport.maxScrollTop / 2);
    assert.ok(Math.abs(scene.firstVisible - 2_500_000) < 20, String(scene.firstVisible));
    scene.scrollTo(0);
    assert.equal(scene.visible.get(0), 0);
  });

  for (const direction of [1, -1]) {
    it(`moves visible rows by exactly the scrolled distance, ${direction > 0 ? "down" : "up"}`, () => {
      scene = new Scene(5_000_000);
      scene.heights = wrapped;
      scene.viewport.show(direction > 0 ? 10 : 3000, 0);
      scene.draw();
      for (let turn = 0; turn < 400; turn++) {
        const before = scene.visible;
        const distance = direction * (1 + ((turn * 37) % 350));
        scene.scrollBy(distance);
        for (const [row, place] of scene.visible) {
          const former = before.get(row);
          if (former === undefined) continue;
          assert.ok(Math.abs(place - former + distance) < 0.01, `row ${row}, turn ${turn}: ${place}`);
        }
        if (turn % 10 !== 0) continue;
        const still = scene.visible;
        scene.rest(60);
        assert.deepEqual([...scene.visible.keys()], [...still.keys()], `turn ${turn}`);
        for (const [row, place] of still) assert.ok(Math.abs((scene.visible.get(row) ?? 0) - place) < 0.01);
      }
      assert.ok(direction > 0 ? scene.firstVisible > 500 : scene.firstVisible < 2500, String(scene.firstVisible));
    });
  }

  it("reaches every row with the wheel, in both directions, whatever the heights are", () => {
    scene = new Scene(3000);
    scene.heights = wrapped;
    for (const distance of [390, -390]) {
      const seen = new Set<number>();
      for (let turn = 0; turn < 1000; turn++) {
        for (const row of scene.visible.keys()) seen.add(row);
        scene.scrollBy(distance);
      }
      assert.equal(seen.size, 3000);
    }
    assert.deepEqual([...scene.visible.entries()][0], [0, 0]);
    assert.equal(scene.viewport.scrollTop, 0);
  });

  it("makes the scroll bar exact when scrolling rests", () => {
    scene = new Scene(10_000);
    scene.heights = wrapped;
    for (let turn = 0; turn < 100; turn++) scene.scrollBy(300);
    scene.rest();
    const { viewport, firstVisible } = scene;
    const place = viewport.scrollTop / viewport.maxScrollTop;
    assert.ok(Math.abs(place - firstVisible / 10_000) < 0.001, `${place}, ${firstVisible}`);
  });

  it("keeps visible rows where they are while rows are added at the end", () => {
    scene.scrollTo(500_007);
    const before = scene.visible;
    scene.viewport.count += 10_000;
    scene.draw();
    assert.deepEqual(scene.visible, before);
  });

  it("keeps the row that a link leads to in place while the lines above it arrive and grow", () => {
    scene.viewport.show(70_000, 0.5);
    scene.draw();
    const place = scene.visible.get(70_000) ?? assert.fail();
    assert.ok(Math.abs(place - 190) < 1, String(place));
    scene.heights = wrapped;
    scene.draw();
    assert.equal(scene.visible.get(70_000), place);
  });

  it("shows a link to one of the first or last rows as near to its place as possible", () => {
    scene.viewport.show(3, 0.5);
    scene.draw();
    assert.deepEqual([...scene.visible.entries()][0], [0, 0]);
    scene.viewport.show(99_998, 0.5);
    scene.draw();
    assert.equal(scene.visible.get(99_999), 380);
  });

  it("follows the end of a log that grows", () => {
    scene = new Scene(0);
    scene.viewport.tail = 12;
    scene.heights = wrapped;
    for (const added of [1, 5, 40, 1000, 100_000, 1]) {
      scene.viewport.count += added;
      scene.viewport.showEnd();
      scene.draw();
      const last = scene.viewport.count - 1;
      const end = (scene.visible.get(last) ?? assert.fail(`${last}`)) + wrapped(last);
      if (added > 10) assert.ok(Math.abs(end - 388) < 0.01, String(end));
      else assert.ok(end <= 388);
      assert.equal(scene.viewport.scrollTop, scene.viewport.maxScrollTop);
    }
  });

  for (const high of [0, 10, 25, 39]) {
    it(`reaches both ends of a short log whose row ${high} is higher than all the others together`, () => {
      scene = new Scene(40);
      scene.viewport.tail = 12;
      scene.heights = (row) => (row === high ? 3000 : 20);
      scene.viewport.showEnd();
      scene.draw();
      for (let presses = 0; presses < 20; presses++) {
        scene.scrollBy(-360);
        scene.rest();
      }
      assert.deepEqual([...scene.visible.entries()][0], [0, 0]);
      for (let presses = 0; presses < 20; presses++) {
        scene.scrollBy(360);
        scene.rest();
      }
      const bottom = (scene.visible.get(39) ?? assert.fail("the last row is not visible")) + scene.heights(39);
      assert.ok(Math.abs(bottom - 388) < 0.01, String(bottom));
    });
  }

  it("is as high as its rows when all of them are drawn", () => {
    scene = new Scene(30);
    scene.heights = wrapped;
    scene.draw();
    const sum = Array.from({ length: 10 }, (_, row) => wrapped(row)).reduce((total, height) => total + height);
    scene = new Scene(10, 1000);
    scene.heights = wrapped;
    scene.draw();
    assert.equal(scene.viewport.contentHeight, 1000);
    assert.equal(scene.drawn.bottom, sum);
    scene.viewport.tail = 12;
    scene.draw();
    assert.equal(scene.viewport.rowsHeight, sum, "the tail follows the last row");
  });
});
