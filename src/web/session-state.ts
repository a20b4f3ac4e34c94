/** A client's role: builders may do everything, viewers may only see. */
export type Role = "builder" | "viewer";

/** The rights of a client, as JSON. */
export interface SessionState {
  /** `null` when the client must sign in first. */
  readonly role: Role | null;
  /** Whether nobody may start or cancel builds. */
  readonly readOnly: boolean;
  /** When the browser must sign in again; `null` when it is not signed in. */
  readonly expiresAt: string | null;
}
