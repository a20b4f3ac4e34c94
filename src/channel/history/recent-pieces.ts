/** How many pieces are kept: clients that follow a log at about the same place need the same ones. */
const KEPT_PIECES = 32;

/** The pieces of a history that were needed last. Clients that need one at the same time share a single read. */
export class RecentPieces<Piece> {
  /** By their positions, the latest use at the end. */
  readonly #pieces = new Map<number, Promise<Piece>>();

  /**
   * Returns the piece at a position.
   *
   * @param read - Reads it. When that fails, the next request reads again.
   */
  get(position: number, read: () => Promise<Piece>): Promise<Piece> {
    const known = this.#pieces.get(position);
    const piece = known ?? read();
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

  /** Forgets a piece, so that the next request reads it again. */
  forget(position: number, piece: Promise<Piece> | undefined = this.#pieces.get(position)): void {
    if (this.#pieces.get(position) === piece) this.#pieces.delete(position);
  }
}
