/** The parts of the log that {@link LogFollow} watches. */
export interface FollowHandlers {
  /** Whether there are rows above the visible part. */
  readonly canScrollUp: () => boolean;
  /** Shows the first row. */
  readonly goToTop: () => void;
  /** Called when following starts or ends, and when the person releases the pointer. */
  readonly changed: () => void;
}

/**
 * Whether the log stays at its end while it grows, until the person wants to read.
 *
 * An action of the person (wheel, touch, keys, scroll bar, selection) ends following at once, before the scrolling that
 * it causes. A decision from positions alone would pull a reader back whenever lines arrive faster than a wheel turns.
 */
export class LogFollow {
  readonly #scroller: HTMLElement;
  readonly #handlers: FollowHandlers;
  #isFollowing = true;
  #isHeld = false;

  constructor(scroller: HTMLElement, handlers: FollowHandlers) {
    this.#scroller = scroller;
    this.#handlers = handlers;
    scroller.addEventListener("wheel", (event) => event.deltaY < 0 && this.#leaveEnd(), { passive: true });
    this.#watchTouch();
    scroller.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (["ArrowUp", "PageUp", "Home"].includes(event.key) || (event.key === " " && event.shiftKey)) this.#leaveEnd();
      // While lines arrive, the browser would scroll to a position that is no longer the end.
      else if (event.key === "End") this.set(true);
      // On its way, the browser would stop at rows whose heights were not known.
      if (event.key !== "Home" || event.shiftKey) return;
      event.preventDefault();
      handlers.goToTop();
    });
    this.#watchPointer();
  }

  /** Whether the end stays visible. */
  get isFollowing(): boolean {
    return this.#isFollowing;
  }

  /** Whether the content must stay, because the person holds the mouse button on it. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Starts or stops following. */
  set(isFollowing: boolean): void {
    if (this.#isFollowing === isFollowing) return;
    this.#isFollowing = isFollowing;
    this.#handlers.changed();
  }

  /**
   * Notes that the position has changed.
   *
   * @param distance - How far, in pixels; negative is up.
   * @param isAtEnd - Whether the end is visible.
   */
  scrolled(distance: number, isAtEnd: boolean): void {
    if (isAtEnd && distance > 0) this.set(true);
    // Scrolled up without any of the events above: by the browser's search, or by assistive technology.
    else if (!isAtEnd && distance < 0) this.set(false);
  }

  #watchTouch(): void {
    let lastY = 0;
    const note = (event: TouchEvent): number => event.touches[0]?.clientY ?? 0;
    this.#scroller.addEventListener("touchstart", (event) => (lastY = note(event)), { passive: true });
    this.#scroller.addEventListener(
      "touchmove",
      (event) => {
        // A finger that moves down reveals earlier lines.
        if (note(event) > lastY) this.#leaveEnd();
        lastY = note(event);
      },
      { passive: true },
    );
  }

  #watchPointer(): void {
    this.#scroller.addEventListener("pointerdown", (event) => {
      const isScrollBar = event.offsetX > this.#scroller.clientWidth && event.target === this.#scroller;
      if (isScrollBar) this.#leaveEnd();
      if (event.pointerType === "mouse") this.#isHeld = true;
    });
    for (const type of ["pointerup", "pointercancel"]) {
      addEventListener(type, () => {
        if (!this.#isHeld) return;
        this.#isHeld = false;
        const selection = getSelection();
        if (selection?.isCollapsed === false && this.#scroller.contains(selection.anchorNode)) this.set(false);
        this.#handlers.changed();
      });
    }
    // The keyboard can select, too.
    document.addEventListener("selectionchange", () => {
      const selection = getSelection();
      if (this.#isHeld || selection === null || selection.isCollapsed) return;
      if (this.#scroller.contains(selection.anchorNode)) this.set(false);
    });
  }

  #leaveEnd(): void {
    if (this.#handlers.canScrollUp()) this.set(false);
  }
}
