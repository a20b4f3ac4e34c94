import type { Interest } from "./interest.ts";
import type { Build, LogLine, Outline } from "./model.ts";

/** The parts of the page that the session updates. */
export interface SessionView {
  /** Shows the list, and whether there are older builds. */
  showList(builds: readonly Build[], shownId: string | undefined, hasOlder: boolean): void;
  /** Reports the state of all known builds, the newest first, among them all that are active. */
  noteBuilds(builds: readonly Build[]): void;
  /** Opens the start page. */
  openStart(): void;
  /** Notes that the list of projects may be outdated. */
  refreshProjects(): void;
  /** Opens a build on the page; its report and its lines follow. */
  openBuild(id: string, interest: Interest): void;
  showBuild(build: Build): void;
  /** Shows the extent of the log, also again when events were lost. */
  showOutline(outline: Outline): void;
  addLine(line: LogLine): void;
  /** Notes that the log of the build is complete. */
  endLog(): void;
  /** Shows why the server refuses this browser. */
  showRefusal(message: string): void;
  /** Shows that the build does not exist, or no longer exists. */
  showMissing(message: string): void;
  /** Reports that another build, or the start page, automatically replaced the missing build. */
  mentionLoss(lost: Build | undefined): void;
  /** Announces another build that does not replace what is on the page. */
  announce(build: Build): void;
  /** Whether the person waits for the end of a build, so that a hidden page must learn about it. */
  isWaiting(): boolean;
  /** Whether the person is busy: types, reads in the log above its end, or has just requested a build. */
  isBusy(): boolean;
}
