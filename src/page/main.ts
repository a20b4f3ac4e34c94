import { readAddress, writeAddress } from "./address.ts";
import { BuildList } from "./builds/build-list.ts";
import { BuildView } from "./builds/build-view.ts";
import { ListControls } from "./builds/list-controls.ts";
import { ConnectionView } from "./connection-view.ts";
import { byId, onPlainClick } from "./dom.ts";
import { setFindKeys } from "./find/find-keys.ts";
import { LogFind } from "./find/log-find.ts";
import { BuildForm } from "./form/build-form.ts";
import { rememberPath } from "./form/recent-paths.ts";
import { setPageKeys } from "./keyboard/page-keys.ts";
import { Keyboard } from "./keyboard/keyboard.ts";
import { LogTools } from "./log/log-tools.ts";
import { LogView } from "./log/log-view.ts";
import { Notices } from "./notices.ts";
import { PageView } from "./page-view.ts";
import { Permissions } from "./permissions.ts";
import { Api } from "./server/api.ts";
import { LiveStream } from "./server/live-stream.ts";
import { openHub } from "./server/open-hub.ts";
import { Session } from "./session.ts";
import { SettingsMenu } from "./settings/settings-menu.ts";
import { StartView } from "./start/start-view.ts";
import { WatchButton } from "./watch/watch-button.ts";
import { translateDocument, words } from "./words/words.ts";
import type { Interest } from "./interest.ts";
import type { LineRange } from "./log/log-rows.ts";
import type { Build } from "./model.ts";
import type { Started } from "./server/api.ts";

translateDocument();
// The server answers with the sign-in page.
const api = new Api(() => location.reload());
const now = (): number => api.now();
const notices = new Notices();
const permissions = new Permissions(() => attempt(() => signOut()));
const form = new BuildForm((path, inputs) => start(() => api.startBuild(path, inputs)).then(() => log.focus()));
const list = new BuildList(now, (id) => open(id, "pinned"), (id) => attempt(() => start(() => api.rerunBuild(id))));
const controls = new ListControls({
  older: () => attempt(() => session.loadOlder()),
  filter: (filter) => session.filter(filter),
});
const head = new BuildView(now, { cancel, rerun, openStep: (name) => log.goToStep(name) });
const startView = new StartView({
  now,
  open: (id) => {
    open(id, "pinned");
    log.focus();
  },
  build: buildProject,
  choose: (path) => form.choose(path),
  listProjects: () => api.listProjects(),
  offer: (projects) => {
    form.offer(projects);
    controls.offer(projects);
  },
});
const log = new LogView({
  now,
  requestLines: (id, from, count, signal) => api.getLines(id, from, count, signal),
  openLines,
  notify: (text) => notices.show(text),
});
const tools = new LogTools(log);
const hub = openHub();
const watch = new WatchButton({
  open: (id) => open(id, "pinned"),
  notify: (text, action) => notices.show(text, action),
});
const find = new LogFind(log, {
  search: (id, query, from, signal) => api.search(id, query, from, signal),
  getOutline: (id) => api.getOutline(id),
  announce: (text) => notices.announce(text),
});
const stream = new LiveStream({
  connect: (url, isComplete) => hub.connect(url, isComplete),
  onState: (state) => connection.show(state),
});
const connection = new ConnectionView(
  () => stream.retryNow(),
  (text) => notices.announce(text),
);
const scrollKeys: readonly string[] = ["PageUp", "PageDown", "Home", "End", "ArrowUp", "ArrowDown", " "];
/** Whether this tab is starting a build, which it is about to open. */
let isStarting = false;

const view = new PageView({ list, controls, head, log, find, tools, notices, start: startView, watch }, {
  isTyping: () => form.isTyping,
  isStarting: () => isStarting,
  refuse: (reason) => connection.refuse(reason),
  showEnd: (isEnded) => connection.showEnd(isEnded),
  open: (id) => open(id, "pinned"),
});
const session = new Session(api, stream, view);

/** Opens a build that the person requested, as a history entry that Back undoes. */
function open(id: string, interest: Interest): void {
  // Back must lead to the start page, even if a build could replace it.
  if (startView.isOpen) history.replaceState({ interest: "pinned" }, "");
  history.pushState({ interest }, "", writeAddress(id));
  session.show(id, interest);
}

/** Requests a build and opens it. The feed may report it first, but must not open it as a build that the page chose. */
async function start(ask: () => Promise<Started>): Promise<void> {
  isStarting = true;
  try {
    const { build, isJoined } = await ask();
    rememberPath(build.projectPath);
    session.update(build);
    if (session.shown?.id !== build.id) open(build.id, "started");
    else session.setInterest("started");
    if (isJoined) notices.show(words().alreadyBuilding(build.projectName));
  } finally {
    isStarting = false;
  }
}

/** Builds a project with the server's defaults; resolves with the reason of a failure. */
async function buildProject(path: string): Promise<string | undefined> {
  try {
    await start(() => api.startBuild(path, {}));
    log.focus();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Opens the start page because the person requested it, so it stays. */
function openStart(): void {
  if (!startView.isOpen) history.pushState({ interest: "pinned" }, "", "/");
  else history.replaceState({ interest: "pinned" }, "");
  void session.showStart("pinned");
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

/** Notes in the address which lines the person has marked. */
function openLines(lines: LineRange | undefined): void {
  const shown = session.shown;
  if (shown === undefined) return;
  history.replaceState({ interest: "pinned" }, "", writeAddress(shown.id, lines?.first, lines?.last));
  session.setInterest("pinned");
}

/**
 * Shows the build and the line that the address names. A person who followed a link wants that build; a build that the
 * page chose may be replaced automatically.
 */
function showAddress(): void {
  const { buildId, line, lastLine } = readAddress(location.pathname, location.hash);
  const { interest } = (history.state ?? {}) as { interest?: Interest };
  if (buildId === undefined) void session.showStart(interest ?? "default");
  else if (session.shown?.id === buildId) log.goToLine(line, lastLine);
  else session.show(buildId, interest ?? "pinned");
}

function tick(): void {
  if (document.hidden) return;
  list.tick();
  head.tick();
  startView.tick();
  connection.tick();
  log.tick();
}

setPageKeys(log);
const keyboard = new Keyboard();
new SettingsMenu(() => keyboard.showHelp());
setInterval(tick, 1000);
document.body.addEventListener("keydown", (event) => {
  // The page itself does not scroll, so these keys scroll the log.
  if (event.target === document.body && scrollKeys.includes(event.key)) log.focus();
});
setFindKeys(find, () => !byId("build", HTMLElement).hidden);
byId("skip-button", HTMLButtonElement).addEventListener("click", () => {
  if (startView.isOpen) byId("main", HTMLElement).focus();
  else log.focus();
});
onPlainClick(byId("brand", HTMLAnchorElement), openStart);
onPlainClick(byId("empty-link", HTMLAnchorElement), openStart);
addEventListener("popstate", showAddress);
addEventListener("online", () => stream.retryNow());
document.addEventListener("visibilitychange", () => {
  session.setVisible(!document.hidden);
  tick();
});
void showPermissions();
void startView.refresh();
showAddress();
void session.refresh();
if (document.hidden) session.setVisible(false);
