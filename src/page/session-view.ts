import type { Interest } from "./interest.ts";
import type { Build, Gap, LogLine } from "./model.ts";

/** The parts of the page that the session updates. */
export interface SessionView {
  /** Shows the list, and whether there are older builds. */
  showList(builds: readonly Build[], shownId: string | undefined, hasOlder: boolean): void;
  /** Opens a build on the page, or none; its report and its lines follow. */
  openBuild(id: string | undefined, interest: Interest): void;
  showBuild(build: Build): void;
  addLine(line: LogLine): void;
  addGap(gap: Gap): void;
  /** Notes that the log of the build is complete. */
  endLog(): void;
  /** Shows that the build does not exist, or no longer exists. */
  showMissing(message: string): void;
  /** Reports that another build automatically replaced the missing one. */
  mentionLoss(lost: Build | undefined): void;
  /** Announces another build while the person is busy with the shown one. */
  announce(build: Build): void;
  /** Whether the person is busy: reads in the log above its end, or has just requested a build. */
  isBusy(): boolean;
}
