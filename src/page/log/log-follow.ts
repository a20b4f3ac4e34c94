/** How near to the end, in pixels, counts as the end: fractions of pixels never add up exactly. */
const TOLERANCE = 4;

/**
 * Keeps a scrolling element at its end while its content grows, until the person wants to read.
 *
 * What a person does (wheel, touch, keys, scroll bar, selection) lets go at once, before the scrolling that follows
 * from it; deciding from positions alone would pull a reader back whenever lines come faster than a wheel turns.
 */
export class LogFollow {
  readonly #scroller: HTMLElement;
  readonly #onChange: () => void;
  #following = true;
  #isHeld = false;
  #lastTop = 0;

  /**
   * @param content the element inside that grows.
   * @param onChange called when following begins or ends.
   */
  constructor(scroller: HTMLElement, content: HTMLElement, onChange: () => void) {
    this.#scroller = scroller;
    this.#onChange = onChange;
    scroller.addEventListener("wheel", (event) => event.deltaY < 0 && this.#leaveEnd(), { passive: true });
    this.#watchTouch();
    scroller.addEventListener("keydown", (event) => {
      if (["ArrowUp", "PageUp", "Home"].includes(event.key) || (event.key === " " && event.shiftKey)) this.#leaveEnd();
      // While lines come in, the end that the browser would scroll to is not the end any more when it gets there.
      else if (event.key === "End") this.start();
    });
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#watchPointer();
    // Wrapping, folding, a turned phone and blocks that come into sight all change the height without a new line.
    const observer = new ResizeObserver(() => this.keep());
    observer.observe(scroller);
    observer.observe(content);
  }

  /** Whether the end stays in sight. */
  get isFollowing(): boolean {
    return this.#following;
  }

  /** Goes to the end and stays there. */
  start(): void {
    this.#set(true);
    this.keep();
  }

  /** Stays where it is from now on. */
  release(): void {
    this.#set(false);
  }

  /** Goes back to the end after the content changed, if it is followed. */
  keep(): void {
    if (!this.#following || this.#isHeld) return;
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#lastTop = this.#scroller.scrollTop;
  }

  #scrolled(): void {
    const top = this.#scroller.scrollTop;
    const moved = top - this.#lastTop;
    this.#lastTop = top;
    const isAtEnd = this.#scroller.scrollHeight - top - this.#scroller.clientHeight <= TOLERANCE;
    if (isAtEnd && moved > 0) this.#set(true);
    // Upwards without any of the events above: the browser's own search, or an assistive technology.
    else if (!isAtEnd && moved < 0) this.#set(false);
  }

  #watchTouch(): void {
    let lastY = 0;
    this.#scroller.addEventListener("touchstart", (event) => (lastY = event.touches[0]?.clientY ?? 0), {
      passive: true,
    });
    this.#scroller.addEventListener(
      "touchmove",
      (event) => {
        const y = event.touches[0]?.clientY ?? 0;
        // A finger that moves down pulls earlier lines into sight.
        if (y > lastY) this.#leaveEnd();
        lastY = y;
      },
      { passive: true },
    );
  }

  #watchPointer(): void {
    this.#scroller.addEventListener("pointerdown", (event) => {
      const isScrollBar = event.offsetX > this.#scroller.clientWidth && event.target === this.#scroller;
      if (isScrollBar) this.#leaveEnd();
      else if (event.pointerType === "mouse") this.#isHeld = true;
    });
    for (const type of ["pointerup", "pointercancel"]) {
      addEventListener(type, () => {
        if (!this.#isHeld) return;
        this.#isHeld = false;
        const selection = getSelection();
        if (selection?.isCollapsed === false && this.#scroller.contains(selection.anchorNode)) this.#set(false);
        this.keep();
      });
    }
  }

  #leaveEnd(): void {
    if (this.#scroller.scrollTop > 0) this.#set(false);
  }

  #set(following: boolean): void {
    if (this.#following === following) return;
    this.#following = following;
    this.#onChange();
  }
}
