/** The distance from the end that still counts as the end, in pixels: fractions of pixels never add up exactly. */
const TOLERANCE = 4;

/**
 * Keeps a scrolling element at its end while its content grows, until the person wants to read.
 *
 * An action of the person (wheel, touch, keys, scroll bar, selection) ends following at once, before the scrolling that
 * it causes. A decision from positions alone would pull a reader back whenever lines arrive faster than a wheel turns.
 */
export class LogFollow {
  readonly #scroller: HTMLElement;
  readonly #onChange: () => void;
  #following = true;
  #isHeld = false;
  #lastTop = 0;

  /**
   * @param content - The element inside that grows.
   * @param onChange - Called when following starts or ends.
   */
  constructor(scroller: HTMLElement, content: HTMLElement, onChange: () => void) {
    this.#scroller = scroller;
    this.#onChange = onChange;
    scroller.addEventListener("wheel", (event) => event.deltaY < 0 && this.#leaveEnd(), { passive: true });
    this.#watchTouch();
    scroller.addEventListener("keydown", (event) => {
      if (["ArrowUp", "PageUp", "Home"].includes(event.key) || (event.key === " " && event.shiftKey)) this.#leaveEnd();
      // While lines arrive, the browser would scroll to a position that is no longer the end.
      else if (event.key === "End") this.start();
    });
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#watchPointer();
    // Wrapping, folding, a rotated phone and blocks that become visible all change the height without a new line.
    const observer = new ResizeObserver(() => this.keep());
    observer.observe(scroller);
    observer.observe(content);
  }

  /** Whether the end stays visible. */
  get isFollowing(): boolean {
    return this.#following;
  }

  /** Scrolls to the end and follows it. */
  start(): void {
    this.#set(true);
    this.keep();
  }

  /** Stops following. */
  release(): void {
    this.#set(false);
  }

  /** Scrolls to the end again after the content changed, if it is followed. */
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
    // Scrolled up without any of the events above: by the browser's search, or by assistive technology.
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
        // A finger that moves down reveals earlier lines.
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
