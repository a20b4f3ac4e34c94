import { ApiError } from "../../dist/page/server/api.js";
import { Session } from "../../dist/page/session.js";
import { sampleBuild } from "../support/sample-builds.js";
import type { LinesReply } from "../../dist/page/log/log-source.js";
import type { Build, BuildPage, LogLine, Outline } from "../../dist/page/model.js";
import type { ListQuery } from "../../dist/page/server/api.js";
import type { StreamTarget } from "../../dist/page/server/live-stream.js";
import type { SessionApi, SessionStream } from "../../dist/page/session.js";
import type { SessionView } from "../../dist/page/session-view.js";

/** Resolves when all pending answers are processed. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

export function build(id: string, status: Build["status"], minute: number, changes: Partial<Build> = {}): Build {
  const at = (second: number): string => `2026-01-01T10:${String(minute).padStart(2, "0")}:0${second}.000Z`;
  const ended = status !== "queued" && status !== "running";
  return sampleBuild({ id, projectName: id, status, queuedAt: at(0), finishedAt: ended ? at(9) : null, ...changes });
}

/** A session with a server, a stream and a view that record its calls. */
export class Fixture implements SessionApi, SessionStream, SessionView {
  builds: Build[] = [];
  lines: LogLine[] = [];
  isPaused = false;
  failure: ApiError | undefined;
  busy = false;
  waiting = false;
  target: StreamTarget | undefined;
  queries: ListQuery[] = [];
  list = "";
  noted = "";
  projectRequests = 0;
  readonly seen: string[] = [];
  readonly session: Session = new Session(this, this, this);

  listBuilds(query: ListQuery): Promise<BuildPage> {
    this.queries.push(query);
    if (this.failure) return Promise.reject(this.failure);
    const { project, statuses, limit } = query;
    const builds = this.builds
      .filter(({ projectPath }) => project === undefined || projectPath === project)
      .filter(({ status }) => statuses === undefined || statuses.includes(status));
    const page = builds.slice(0, limit);
    return Promise.resolve({ builds: page, next: builds.length > limit ? (page.at(-1)?.id ?? null) : null });
  }
  getBuild(id: string): Promise<Build> {
    const found = this.builds.find((known) => known.id === id);
    if (this.failure) return Promise.reject(this.failure);
    return found ? Promise.resolve(found) : Promise.reject(new ApiError(404, "No such build"));
  }
  getOutline(id: string): Promise<Outline> {
    if (this.failure) return Promise.reject(this.failure);
    return Promise.resolve({ lineCount: 0, lastEventId: `${id}-1`, sections: [], marks: [], marksOmitted: 0 });
  }
  getLines(id: string, from: number, count: number): Promise<LinesReply> {
    if (this.failure) return Promise.reject(this.failure);
    this.seen.push(`lines of ${id} from ${from}`);
    const lines = this.lines.filter(({ number }) => number >= from).slice(0, count);
    return Promise.resolve({ lines, lineCount: this.lines.length });
  }
  open(target: StreamTarget): void {
    this.target = target;
    this.isPaused = false;
  }
  close(): void {
    this.target = undefined;
  }
  pause(): void {
    this.isPaused = true;
  }
  unpause(): void {
    this.isPaused = false;
  }
  showList(builds: readonly Build[], shownId: string | undefined, hasOlder: boolean): void {
    const texts = builds.map(({ id, status }) => `${id === shownId ? "*" : ""}${id} ${status}`);
    this.list = [...texts, ...(hasOlder ? ["older"] : [])].join(", ");
  }
  noteBuilds(builds: readonly Build[]): void {
    this.noted = builds.map(({ id, status }) => `${id} ${status}`).join(", ");
  }
  openStart(): void {
    this.seen.push("open start page");
  }
  refreshProjects(): void {
    this.projectRequests++;
  }
  openBuild(id: string, interest: string): void {
    this.seen.push(`open ${id} ${interest}`);
  }
  showBuild(shown: Build): void {
    this.seen.push(`show ${shown.id} ${shown.status}`);
  }
  addLine(line: { text: string }): void {
    this.seen.push(`line ${line.text}`);
  }
  showOutline({ lastEventId }: Outline): void {
    this.seen.push(`outline ${lastEventId}`);
  }
  endLog(): void {
    this.seen.push("end of log");
  }
  showRefusal(message: string): void {
    this.seen.push(`refused ${message}`);
  }
  showMissing(message: string): void {
    this.seen.push(`missing ${message}`);
  }
  mentionLoss(lost: Build | undefined): void {
    this.seen.push(`mention loss of ${lost?.id}`);
  }
  announce(other: Build): void {
    this.seen.push(`announce ${other.id}`);
  }
  isWaiting(): boolean {
    return this.waiting;
  }
  isBusy(): boolean {
    return this.busy;
  }

  /** The path of the open stream. */
  get path(): string | undefined {
    return this.target?.path;
  }
  /** Delivers an event of the stream. */
  async event(type: string, data: unknown): Promise<void> {
    this.target?.on[type]?.(data);
    await settle();
  }
  /** Requests the id after which the stream begins, as the stream of a tab does before its first connect. */
  async begin(): Promise<string | undefined> {
    const lastEventId = await this.target?.begin?.();
    await settle();
    return lastEventId;
  }
  async opened(): Promise<void> {
    this.target?.opened?.();
    await settle();
  }
  async failed(): Promise<void> {
    this.target?.failed?.();
    await settle();
  }
  /** The calls of the view since the last call of this. */
  news(): string[] {
    return this.seen.splice(0);
  }
  /** Opens the page, which shows the active build, or else the first of these builds. */
  async start(...builds: Build[]): Promise<void> {
    this.builds = builds;
    await this.session.showStart("default");
    const [first] = builds;
    if (this.session.shown === undefined && first !== undefined) this.session.show(first.id, "default");
    this.news();
  }
}

export const FEED = "/api/log/push";

/** The path of a build's event stream. */
export function pathOf(id: string): string {
  return `/api/builds/${id}/events`;
}
