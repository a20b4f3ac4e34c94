import { formatDuration } from "../../terminal/duration.ts";
import type { Words } from "./english.ts";

const UNITS = { hour: "小时", minute: "分", second: "秒" };

/** The texts of the page in Simplified Chinese. */
export const chinese: Words = {
  // The state of builds and steps.
  status: {
    queued: "排队中",
    pending: "等待中",
    running: "运行中",
    succeeded: "成功",
    failed: "失败",
    cancelled: "已取消",
    "timed-out": "超时",
    lost: "已中断",
    skipped: "已跳过",
  },
  withReason: (word, reason) => `${word}（${reason}）`,
  exitCode: (code) => `退出码 ${code}`,

  // Times. A running duration is cut to whole seconds.
  duration: (milliseconds, isRunning) => formatDuration(milliseconds, isRunning, UNITS),
  justNow: "刚刚",
  minutesAgo: (count) => `${count} 分钟前`,
  hoursAgo: (count) => `${count} 小时前`,
  daysAgo: (count) => `${count} 天前`,

  // The estimate of a build.
  nextInQueue: "下一个就轮到",
  placeInQueue: (place) => `排在第 ${place} 位`,
  minutesLeft: (count) => `预计还需 ${count} 分钟`,
  secondsLeft: (count) => `预计还需 ${count} 秒`,
  almostDone: "即将完成",
  longerThanUsual: (duration) => `比平时慢 ${duration}`,
  usually: (duration) => `通常需要约 ${duration}`,

  // The header and the form that starts a build.
  projectPath: "项目路径",
  projectPathHint: "路径或名称",
  recent: "最近使用",
  build: "构建",
  options: "选项",
  optionsChosen: (count) => `选项（${count}）`,
  script: "脚本",
  scriptExample: "build",
  install: "安装依赖",
  installAuto: "自动",
  installClean: "全新安装（删除 node_modules）",
  installSkip: "跳过",
  variables: "环境变量",
  variablesExample: "NAME=value，每行一个",
  invalidVariable: (line) => `环境变量第 ${line} 行不是 NAME=value 格式`,
  colours: "颜色",
  coloursByServer: "由服务器决定",
  on: "开启",
  off: "关闭",
  signOut: "退出登录",
  readOnly: "只读服务器",
  viewer: "仅可查看",
  alreadyBuilding: (project) => `${project} 正在构建中，已为你打开这次构建。`,

  // The list of builds.
  builds: "构建记录",
  onlyThisProject: "仅看此项目",
  noneYet: "暂无记录",
  olderBuilds: "更早的构建",

  // The start page, and the page of a build that does not exist.
  projects: "项目",
  allProjects: (count) => `显示全部 ${count} 个项目`,
  allProjectsLink: "所有项目",
  neverBuilt: "尚未构建",
  buildProject: (project) => `构建 ${project}`,
  openBuild: "查看",
  openBuildOf: (project) => `查看 ${project} 的构建`,
  customize: "自定义",
  customizeBuildOf: (project) => `自定义 ${project} 的构建`,
  lastDurations: (count, shortest, longest, usual) =>
    `最近 ${count} 次成功构建：最短 ${shortest}，最长 ${longest}，通常 ${usual}`,
  noProjects: "还没有项目",
  noProjectsReason: "服务器根目录下，凡是 package.json 中有 build 脚本的文件夹，都会以卡片的形式显示在这里。",
  enterPath: "在上方输入项目路径，然后点击“构建”。",
  watchBuild: "构建输出会逐行显示在这里，所有打开此页面的人都能实时看到。",
  shareBuild: "每次构建都有自己的网址：可以分享整次构建，也可以链接到某一行。",
  fromTerminal: "也可以在终端中运行：",
  recentPaths: "最近使用的路径",
  buildNotFound: "找不到该构建",

  // The open build.
  steps: "步骤",
  cancel: "取消",
  killNow: "立即终止",
  killNowHint: "已请求停止构建；点击后将立即强制终止",
  rerun: "重新构建",
  rerunHint: "以相同的选项再次构建",
  startedAt: (time) => `${time} 开始`,
  scriptFact: (name) => `脚本 ${name}`,
  lastOutput: (duration) => `最后一次输出在 ${duration}前`,
  cleanInstall: "全新安装依赖",
  withoutInstall: "不安装依赖",
  announcement: (project, text) => `${project}：${text}`,
  withDetail: (word, detail) => `${word}，${detail}`,

  // Notices.
  showIt: "查看",
  dismiss: "关闭",
  isQueued: (project) => `${project} 已加入队列。`,
  isBeingBuilt: (project) => `${project} 正在构建。`,
  buildRemoved: (project) => `${project} 的这次构建已从服务器上删除。`,
  shownBuildRemoved: "此处显示的构建已从服务器上删除。",

  // The log.
  log: "日志",
  buildLog: "构建日志",
  wrap: "自动换行",
  times: "时间",
  rawLog: "原始日志",
  top: "顶部",
  end: "末尾",
  standardError: (line) => `${line}，标准错误输出`,
  linesGone: (count) => `${number(count)} 行已无法获取`,
  lineBeyondEnd: (line) => `日志不到第 ${line} 行就已结束。`,
  lineNotLoaded: "此行加载失败，正在重试。",
  markedLines: (first, last) => (first === last ? `第 ${first} 行` : `第 ${first}–${last} 行`),
  copyLink: "复制链接",
  copyText: "复制文本",
  removeMark: "取消标记",
  linkCopied: "链接已复制到剪贴板。",
  linesCopied: (count) => `已将 ${number(count)} 行复制到剪贴板。`,
  notCopied: "浏览器不允许复制。",
  copyAgain: "各行已加载，请再复制一次。",
  tooMuchToCopy: "日志过长，无法放入剪贴板，请改为下载。",
  timesOff: "不显示时间",
  timesElapsed: "已用时间",
  timesClock: "时刻",
  timesDelta: "距上一行",
  download: "下载",
  downloadPlain: "下载为文本（.log）",
  downloadColoured: "下载并保留颜色（.ansi）",
  fullScreen: "全屏",
  jumpToEnd: "跳到末尾",
  newLines: (count) => `${number(count)} 行新日志，跳到末尾`,
  waitingInQueue: "排队中：前面的构建结束后开始。",
  waitingForOutput: "等待输出。",
  noOutputFor: (duration) => `已有 ${duration}没有输出`,

  // The connection.
  connection: {
    idle: "已暂停",
    connecting: "连接中",
    live: "实时",
    polling: "每秒更新",
    reconnecting: "重新连接中",
    waiting: "已断开",
  },
  connectionLost: "连接已断开",
  serverFull: "服务器的客户端过多或暂不可用",
  otherTabsConnected: "其他标签页占用了此浏览器到服务器的全部连接。此标签页每秒更新一次；关闭或隐藏另一个标签页即可恢复实时。",
  reconnected: "已重新连接",
  retryingIn: (reason, duration) => `${reason}，将在 ${duration}后重试。`,
  retryingNow: (reason) => `${reason}，正在重试。`,
  retryNow: "立即重试",
  noAnswer: "服务器没有响应。请确认它正在运行，然后重试。",
  answerStatus: (status) => `服务器返回了状态码 ${status}。`,

  // The sign-in page.
  signIn: "登录",
  signInTitle: "登录 \u2013 tailcast",
  token: "令牌",
  enterToken: "请输入令牌。",
  signInHelp: "令牌由运行此服务器的人在启动时通过以下选项之一设置：",
};

function number(count: number): string {
  return count.toLocaleString("zh-CN");
}
