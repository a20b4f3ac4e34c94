/** The number of kept pieces. Clients at about the same position in a log need the same pieces. */
const KEPT_PIECES = 32;

/** The time for which pieces are kept after the last request, in milliseconds. */
const KEPT_TIME = 2000;

/**
 * The most recently used pieces of a history. Clients that need the same piece at about the same time share one read.
 * Histories that no client reads need no memory, even while a client that does not read its socket has a reader.
 */
export class RecentPieces<Piece> {
  /** Pieces by position; the most recently used piece is the last one. */
  readonly #pieces = new Map<number, Promise<Piece>>();
  #timer: NodeJS.Timeout | undefined;

  /**
   * Returns the piece at a position.
   *
   * @param read - Reads the piece. When it fails, the next request reads again.
   */
  get(position: number, read: () => Promise<Piece>): Promise<Piece> {
    const known = this.#pieces.get(position);
    const piece = known ?? read();
    this.#timer ??= setTimeout(() => this.#pieces.clear(), KEPT_TIME).unref();
    this.#timer.refresh();
    this.#pieces.delete(position);
    this.#pieces.set(position, piece);
    if (known !== undefined) return known;
    for (const oldest of this.#pieces.keys()) {
      if (this.#pieces.size <= KEPT_PIECES) break;
      this.#pieces.delete(oldest);
    }
    piece.catch(() => this.forget(position, piece));
    return piece;
  }

  /** Removes a piece, so that the next request reads it again. */
  forget(position: number, piece: Promise<Piece> | undefined = this.#pieces.get(position)): void {
    if (this.#pieces.get(position) === piece) this.#pieces.delete(position);
  }
}
