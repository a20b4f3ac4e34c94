import { readAddress, writeAddress } from "./address.ts";
import { BuildForm } from "./builds/build-form.ts";
import { BuildList } from "./builds/build-list.ts";
import { BuildView } from "./builds/build-view.ts";
import { ListControls } from "./builds/list-controls.ts";
import { announcement } from "./builds/outlook.ts";
import { pageTitle } from "./builds/status.ts";
import { ConnectionView } from "./connection-view.ts";
import { byId, setText } from "./dom.ts";
import { LogView } from "./log/log-view.ts";
import { Notices } from "./notices.ts";
import { Permissions } from "./permissions.ts";
import { recall, remember } from "./preferences.ts";
import { Api } from "./server/api.ts";
import { LiveStream } from "./server/live-stream.ts";
import { Session } from "./session.ts";
import type { Build } from "./model.ts";
import type { Started } from "./server/api.ts";
import type { Interest } from "./session.ts";

// The server answers with the sign-in page.
const api = new Api(() => location.reload());
const now = (): number => api.now();
const notices = new Notices();
const permissions = new Permissions(() => attempt(() => signOut()));
const form = new BuildForm(api, (path, inputs) => start(() => api.startBuild(path, inputs)));
const list = new BuildList(now, (id) => open(id, "pinned"));
const controls = new ListControls({
  older: () => attempt(() => session.loadOlder()),
  filter: (isFiltered) => session.filter(isFiltered),
});
const head = new BuildView(now, { cancel, rerun, openStep: (name) => log.goToStep(name) });
const log = new LogView({ now, openLine, notify: (text) => notices.show(text) });
const stream = new LiveStream({
  connect: (url) => new EventSource(url),
  onState: (state) => connection.show(state),
});
const connection = new ConnectionView(
  () => stream.retryNow(),
  (text) => notices.announce(text),
);
const scrollKeys: readonly string[] = ["PageUp", "PageDown", "Home", "End", "ArrowUp", "ArrowDown", " "];
let announcedStatus = "";
/** Whether this tab is starting a build, which it is about to open. */
let isStarting = false;

const session = new Session(api, stream, {
  showList(builds, shownId, hasOlder) {
    list.show(builds, shownId);
    controls.show(builds.length > 0, hasOlder);
    byId("empty-link", HTMLAnchorElement).hidden = builds.length === 0;
    if (builds.length === 0 && shownId === undefined) {
      const advice = "Enter the path of a project above and press Build. Everyone with this page open sees it run.";
      showEmpty("No builds yet", permissions.mayBuild ? advice : "A build appears here when it starts.");
    }
  },
  openBuild(id, interest) {
    announcedStatus = "";
    notices.clear();
    head.open(id);
    byId("empty", HTMLElement).hidden = true;
    document.title = pageTitle(undefined);
    if (id === undefined) return;
    log.open(id);
    const { buildId, line } = readAddress(location.search, location.hash);
    if (buildId === id) log.goToLine(line);
    // A build that the page chose replaces the address, so that it can be shared, but adds no history entry.
    else history.replaceState({ interest }, "", writeAddress(id));
  },
  showBuild(build) {
    head.show(build);
    log.showBuild(build);
    document.title = pageTitle(build);
    if (announcedStatus !== build.status) {
      announcedStatus = build.status;
      notices.announce(announcement(build));
    }
  },
  addLine: (line) => log.addLine(line),
  addGap: (gap) => log.addGap(gap),
  endLog: () => log.end(),
  showMissing(message) {
    head.open(undefined);
    document.title = pageTitle(undefined);
    showEmpty("Build not found", message);
  },
  mentionLoss(lost) {
    const name = lost === undefined ? "The build that was shown here" : `The build of ${lost.projectName}`;
    notices.show(`${name} was removed from the server.`);
  },
  announce(build) {
    if (isStarting) return;
    const text = build.status === "queued" ? "is queued" : "is being built";
    notices.show(`${build.projectName} ${text}.`, () => open(build.id, "pinned"));
  },
  isBusy: () => isStarting || log.isReading,
});

/** Opens a build that a person asked for, as a history entry that Back undoes. */
function open(id: string, interest: Interest): void {
  history.pushState({ interest }, "", writeAddress(id));
  session.show(id, interest);
}

/** Asks for a build and opens it. The feed may report it first, but must not open it as a build that the page chose. */
async function start(ask: () => Promise<Started>): Promise<void> {
  isStarting = true;
  try {
    const { build, isJoined } = await ask();
    session.update(build);
    if (session.shown?.id !== build.id) open(build.id, "started");
    else session.setInterest("started");
    if (isJoined) notices.show(`${build.projectName} is already being built. This is the existing build.`);
  } finally {
    isStarting = false;
  }
}

function cancel({ id }: Build): Promise<boolean> {
  return attempt(async () => session.update(await api.cancelBuild(id)));
}

function rerun({ id }: Build): Promise<boolean> {
  return attempt(() => start(() => api.rerunBuild(id)));
}

async function signOut(): Promise<void> {
  await api.signOut();
  location.reload();
}

/** Shows what the person may do. Until the server answers, the page offers everything. */
async function showPermissions(): Promise<void> {
  try {
    permissions.show(await api.getSession());
  } catch {
    // The server checks every request anyway.
  }
  if (!permissions.mayBuild) await session.refresh();
}

/** Runs an action, or shows why it failed; resolves with whether it succeeded. */
async function attempt(action: () => Promise<void>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    notices.show(error instanceof Error ? error.message : String(error));
    return false;
  }
}

function openLine(number: number): void {
  const shown = session.shown;
  if (shown === undefined) return;
  history.replaceState({ interest: "pinned" }, "", writeAddress(shown.id, number));
  session.setInterest("pinned");
  log.goToLine(number);
}

function showEmpty(title: string, text: string): void {
  setText(byId("empty-title", HTMLElement), title);
  setText(byId("empty-text", HTMLElement), text);
  byId("empty", HTMLElement).hidden = false;
}

/**
 * Shows the build and the line that the address names. A person who followed a link wants that build; a build that the
 * page chose may be replaced automatically.
 */
function showAddress(): void {
  const { buildId, line } = readAddress(location.search, location.hash);
  const { interest = "pinned" } = (history.state ?? {}) as { interest?: Interest };
  if (buildId === undefined) void session.showDefault();
  else if (session.shown?.id === buildId) log.goToLine(line);
  else session.show(buildId, interest);
}

/** Makes a button a switch that keeps its state until the next visit. */
function toggle(id: string, name: string, byDefault: boolean): void {
  const button = byId(id, HTMLButtonElement);
  const show = (on: boolean): void => {
    button.setAttribute("aria-pressed", String(on));
    byId("log", HTMLElement).classList.toggle(name, on);
  };
  let isOn = (recall(name) ?? String(byDefault)) === "true";
  show(isOn);
  button.addEventListener("click", () => {
    isOn = !isOn;
    show(isOn);
    remember(name, String(isOn));
  });
}

function tick(): void {
  if (document.hidden) return;
  list.tick();
  head.tick();
  connection.tick();
  log.tick();
}

toggle("wrap-button", "wrap", true);
toggle("times-button", "times", false);
byId("top-button", HTMLButtonElement).addEventListener("click", () => log.goToTop());
byId("end-button", HTMLButtonElement).addEventListener("click", () => log.goToEnd());
setInterval(tick, 1000);
document.body.addEventListener("keydown", (event) => {
  // The page itself does not scroll, so these keys scroll the log.
  if (event.target === document.body && scrollKeys.includes(event.key)) log.focus();
});
addEventListener("popstate", showAddress);
addEventListener("online", () => stream.retryNow());
document.addEventListener("visibilitychange", () => {
  session.setVisible(!document.hidden);
  tick();
});
void showPermissions();
void form.loadProjects();
showAddress();
void session.refresh();
if (document.hidden) session.setVisible(false);
