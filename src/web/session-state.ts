/** A client's role: builders have all rights, viewers may only view builds. */
export type Role = "builder" | "viewer";

/** The rights of a client, as JSON. */
export interface SessionState {
  /** `null`: the client must sign in first. */
  readonly role: Role | null;
  /** Whether the server refuses to start and cancel builds. */
  readonly readOnly: boolean;
  /** The time when the browser must sign in again; `null` when it is not signed in. */
  readonly expiresAt: string | null;
}
