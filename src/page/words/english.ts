import { formatDuration } from "../../terminal/duration.ts";

/**
 * The texts of the page in English. index.html and sign-in.html repeat those that their `data-words` attributes name,
 * so that the page can be read before its scripts run.
 */
export const english = {
  // The state of builds and steps.
  status: {
    queued: "Queued",
    pending: "Pending",
    running: "Running",
    succeeded: "Succeeded",
    failed: "Failed",
    cancelled: "Cancelled",
    "timed-out": "Timed out",
    lost: "Lost",
    skipped: "Skipped",
  },
  withReason: (word: string, reason: string): string => `${word} (${reason})`,
  exitCode: (code: number): string => `exit code ${code}`,

  // Times. A running duration is cut to whole seconds.
  duration: (milliseconds: number, isRunning = false): string => formatDuration(milliseconds, isRunning),
  justNow: "just now",
  minutesAgo: (count: number): string => `${count} min ago`,
  hoursAgo: (count: number): string => `${count} h ago`,
  daysAgo: (count: number): string => (count === 1 ? "1 day ago" : `${count} days ago`),

  // The estimate of a build.
  nextInQueue: "next in the queue",
  placeInQueue: (place: number): string => `${ordinal(place)} in the queue`,
  minutesLeft: (count: number): string => `about ${count} min left`,
  secondsLeft: (count: number): string => `about ${count} s left`,
  almostDone: "almost done",
  longerThanUsual: (duration: string): string => `${duration} longer than usual`,
  usually: (duration: string): string => `usually takes about ${duration}`,

  // The header and the form that starts a build.
  skip: "Skip to the content",
  projectPath: "Project path",
  projectPathHint: "Path or name",
  recent: "recent",
  build: "Build",
  options: "Options",
  optionsChosen: (count: number): string => `Options (${count})`,
  script: "Script",
  scriptExample: "build",
  install: "Install",
  installAuto: "automatic",
  installClean: "clean (removes node_modules)",
  installUpdate: "update (may change the lock file)",
  installSkip: "skip",
  variables: "Variables",
  variablesExample: "NAME=value, one on each line",
  invalidVariable: (line: number): string => `Line ${line} of the variables is not NAME=value`,
  colours: "Colours",
  coloursByServer: "as the server decides",
  on: "on",
  off: "off",
  signOut: "Sign out",
  readOnly: "Read-only server",
  viewer: "Viewer",
  alreadyBuilding: (project: string): string => `${project} is already being built. This is the existing build.`,

  // The list of builds.
  builds: "Builds",
  projectFilter: "Project",
  noneYet: "None yet",
  noneMatch: "No build matches",
  searchBuilds: "Search builds",
  searchHint: "Name, path or id",
  statusFilter: "Status",
  allStatuses: "All",
  activeBuilds: "Active",
  succeededBuilds: "Succeeded",
  failedBuilds: "Failed",
  cancelledBuilds: "Cancelled",
  rerunOf: (project: string): string => `Build ${project} again`,
  besideUsual: (duration: string, usual: string): string => `${duration} (usually ${usual})`,
  olderBuilds: "Older builds",

  // The start page, and the page of a build that does not exist.
  projects: "Projects",
  allProjects: (count: number): string => `Show all ${count} projects`,
  allProjectsLink: "All projects",
  neverBuilt: "Never built",
  buildProject: (project: string): string => `Build ${project}`,
  openBuild: "Watch",
  openBuildOf: (project: string): string => `Watch the build of ${project}`,
  customize: "Customize",
  customizeBuildOf: (project: string): string => `Customize the build of ${project}`,
  lastDurations: (count: number, shortest: string, longest: string, usual: string): string =>
    `${count === 1 ? "1 build" : `The last ${count} builds`} that succeeded: ${shortest} to ${longest}, ` +
    `usually ${usual}`,
  noProjects: "No projects yet",
  noProjectsReason:
    "Every folder below the server's roots that has a package.json with a build script appears here as a card.",
  enterPath: "Enter the path of a project above and press Build.",
  watchBuild: "Its output appears here line by line, for everyone with this page open.",
  shareBuild: "Each build has an address of its own: share it, or link to a line.",
  fromTerminal: "From a terminal:",
  recentPaths: "Recent paths",
  buildNotFound: "Build not found",

  // The open build.
  steps: "Steps",
  cancel: "Cancel",
  notifyMe: "Notify me",
  notifiedHere: "This browser shows no notifications for this address, so the page itself reports the end.",
  notificationsBlocked:
    "Notifications of this page are blocked in the settings of the browser, so the page itself reports the end.",
  killNow: "Kill now",
  killNowHint: "The build was asked to stop; this kills it immediately",
  rerun: "Rerun",
  rerunHint: "Build again with the same options",
  startedAt: (time: string): string => `started ${time}`,
  scriptFact: (name: string): string => `script ${name}`,
  lastOutput: (duration: string): string => `last output ${duration} ago`,
  git: (place: string, isDirty: boolean): string => (isDirty ? `${place}, uncommitted changes` : place),
  folder: (path: string, count: number, size: string): string =>
    `${path}: ${count === 1 ? "1 file" : `${number(count)} files`}, ${size}`,
  cleanInstall: "clean install",
  updateInstall: "update of the lock file",
  withoutInstall: "without install",
  announcement: (project: string, text: string): string => `${project}: ${text}`,
  withDetail: (word: string, detail: string): string => `${word}, ${detail}`,

  // Notices.
  showIt: "Show it",
  dismiss: "Dismiss",
  isQueued: (project: string): string => `${project} is queued.`,
  isBeingBuilt: (project: string): string => `${project} is being built.`,
  buildRemoved: (project: string): string => `The build of ${project} was removed from the server.`,
  shownBuildRemoved: "The build that was shown here was removed from the server.",

  // The log.
  log: "Log",
  buildLog: "Build log",
  wrap: "Wrap",
  times: "Times",
  rawLog: "Raw log",
  top: "Top",
  end: "End",
  standardError: (line: number): string => `${line}, standard error`,
  linesGone: (count: number): string => `${lines(count)} no longer available`,
  lineBeyondEnd: (line: number): string => `The log ends before line ${line}.`,
  lineNotLoaded: "This line could not be loaded. Retrying.",
  markedLines: (first: number, last: number): string => (first === last ? `Line ${first}` : `Lines ${first}–${last}`),
  copyLink: "Copy link",
  copyText: "Copy text",
  removeMark: "Remove the mark",
  linkCopied: "The link is on the clipboard.",
  linesCopied: (count: number): string => `${lines(count)} on the clipboard.`,
  notCopied: "The browser did not allow copying.",
  copyAgain: "The lines are loaded now: copy again.",
  tooMuchToCopy: "The log is too long for the clipboard: download it instead.",
  timesOff: "No times",
  timesElapsed: "Elapsed",
  timesClock: "Clock",
  timesDelta: "Since line before",
  download: "Download",
  downloadPlain: "Download as text (.log)",
  downloadColoured: "Download with colours (.ansi)",
  fullScreen: "Full screen",
  jumpToEnd: "Jump to end",
  newLines: (count: number): string =>
    `${count === 1 ? "1 new line" : `${number(count)} new lines`}, jump to end`,
  waitingInQueue: "Queued: the build starts when an earlier build has ended.",
  waitingForOutput: "Waiting for output.",
  noOutputFor: (duration: string): string => `No output for ${duration}`,

  // The search in the log, and its errors.
  find: "Find",
  findInLog: "Find in the log",
  matchCase: "Match case",
  regularExpression: "Regular expression",
  nextHit: "Next match",
  previousHit: "Previous match",
  closeFind: "Close the search",
  noHits: "No matches",
  hits: (count: number): string => (count === 1 ? "1 line" : `${number(count)} lines`),
  hitOf: (position: number, count: number): string => `${number(position)} of ${number(count)}`,
  hitsSoFar: (found: string): string => `${found} so far`,
  searching: (percent: number): string => `Searching, ${percent}%`,
  hitsSearched: (found: string, percent: number): string => `${found} (${percent}% searched)`,
  searchTooSlow: "The search took too long and was stopped.",
  searchTooSlowAfter: (line: number, count: number): string =>
    `The search took too long and was stopped after line ${number(line)} of ${number(count)}.`,
  invalidPattern: (reason: string): string => `This is not a regular expression: ${reason}`,
  searchTooMany: (count: number): string => `Too many matches: only the first ${number(count)} can be shown.`,
  searchFailed: "The search was interrupted. Try again.",
  firstError: "First error",
  nextError: (position: number, count: number): string => `Next error (${position} of ${count})`,
  showFirstError: "Show the first error",
  errorAt: (position: number, count: number, line: number): string =>
    `Error ${position} of ${count}, line ${number(line)}`,

  // The connection.
  connection: {
    idle: "Paused",
    connecting: "Connecting",
    live: "Live",
    polling: "Every second",
    reconnecting: "Reconnecting",
    waiting: "Disconnected",
    full: "Server full",
    refused: "Refused",
    ended: "Ended",
  },
  connectionLost: "Connection lost",
  serverFull: "The server has too many clients or is unavailable",
  otherTabsConnected: "Other tabs use all connections. This one updates every second; close a tab to make it live.",
  refused: (reason: string): string => `The server refuses this browser: ${reason}`,
  reconnected: "Reconnected",
  retryingIn: (reason: string, duration: string): string => `${reason}. Retrying in ${duration}.`,
  retryingNow: (reason: string): string => `${reason}. Retrying now.`,
  retryNow: "Retry now",
  noAnswer: "The server does not respond. Check that it is running, then try again.",
  answerStatus: (status: number): string => `The server responded with status ${status}.`,

  // The settings.
  settings: "Settings",
  theme: "Theme",
  themeSystem: "System",
  themeLight: "Light",
  themeDark: "Dark",
  language: "Language",
  languageEnglish: "English",
  languageChinese: "中文",

  // The keys.
  keys: "Keyboard shortcuts",
  close: "Close",
  keyBuild: "Go to the project path",
  keyCancel: "Cancel the build",
  keyRerun: "Rerun the build",
  keyFollow: "Follow the end of the log, or stop",
  keyFind: "Find in the log",
  keyNextHit: "Next hit",
  keyPreviousHit: "Previous hit",
  keyNextError: "Next error",
  keyPreviousError: "Previous error",
  keyMark: "Mark the current line, to link to it",
  keyTop: "Go to the top of the log",
  keyEnd: "Go to the end of the log",
  keyWrap: "Wrap lines, or stop",
  keyTimes: "Change the times beside the lines",
  keyHelp: "Show these keys",
  keyArrows: "Move in a list",

  // The sign-in page.
  signIn: "Sign in",
  signInTitle: "Sign in \u2013 tailcast",
  token: "Token",
  enterToken: "Enter the token.",
  signInHelp: "The person who runs this server set the token when it started, with one of these options:",
};

/** The texts of the page in one language. Every language has the same names. */
export type Words = typeof english;

function number(count: number): string {
  return count.toLocaleString("en");
}

function is(count: number): string {
  return count === 1 ? "is" : "are";
}

function lines(count: number, kind = ""): string {
  return `${number(count)} ${kind}${count === 1 ? "line" : "lines"} ${is(count)}`;
}

function ordinal(count: number): string {
  const isTeen = count % 100 >= 11 && count % 100 <= 13;
  const ending = isTeen ? undefined : ["th", "st", "nd", "rd"][count % 10];
  return `${count}${ending ?? "th"}`;
}
