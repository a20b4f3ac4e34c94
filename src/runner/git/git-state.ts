import type { Mask } from "../output/mask.ts";

/** The state of the git repository of a project when its build started. Plain JSON. */
export interface GitState {
  /** The name of the branch; `null` when a commit is checked out without a branch. */
  readonly branch: string | null;
  /** The hash of the commit; `null` for a branch without commits. */
  readonly commit: string | null;
  /** The first line of the commit's message; `null` when it is unknown, e.g. because git is not installed. */
  readonly subject: string | null;
  /** Whether files that git tracks have changes that are not committed; `null` when that is unknown. */
  readonly isDirty: boolean | null;
}

/** Replaces the secrets in the texts of a state. */
export function maskGit(state: GitState | null, mask: Mask | undefined): GitState | null {
  if (state === null || mask === undefined) return state;
  const masked = (text: string | null): string | null => text && mask.text(text);
  return { ...state, branch: masked(state.branch), subject: masked(state.subject) };
}

/** Describes the state in one line of the log: `git: main, at 1a2b3c4d (Fix the sum), with uncommitted changes`. */
export function describeGit({ branch, commit, subject, isDirty }: GitState): string {
  const place = commit === null ? "no commit yet" : `at ${commit.slice(0, 8)}`;
  const title = subject === null || subject === "" ? "" : ` (${subject})`;
  return `git: ${branch ?? "no branch"}, ${place}${title}${isDirty === true ? ", with uncommitted changes" : ""}`;
}
