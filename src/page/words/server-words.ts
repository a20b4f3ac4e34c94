import { language } from "./words.ts";

/** How the server writes a duration, such as `3 min 7 s`. */
const DURATION = "[\\d.]+ (?:h|min|s)(?: \\d+ (?:min|s))?";

type Translate = (...parts: readonly string[]) => string;

/** The server's sentences as patterns, and their Chinese. The parts of a pattern are names, durations and sentences. */
const SENTENCES: readonly (readonly [pattern: RegExp, chinese: Translate])[] = [
  // The end of a build or a step.
  [/^succeeded in (.+)$/, (time) => `构建成功，用时 ${units(time)}`],
  [/^(\S+) succeeded$/, (step) => `${step} 成功`],
  [/^(\S+) failed with exit code (\d+)$/, (step, code) => `${step} 失败，退出码 ${code}`],
  [
    /^(\S+) failed with exit code (\d+), which stands for SIGKILL: probably out of memory$/,
    (step, code) => `${step} 失败，退出码 ${code}（即 SIGKILL，可能是内存不足）`,
  ],
  [/^(\S+) was killed by SIGKILL, probably out of memory$/, (step) => `${step} 被 SIGKILL 终止，可能是内存不足`],
  [/^(\S+) was killed by (\S+)$/, (step, signal) => `${step} 被 ${signal} 终止`],
  [/^(\S+) was stopped by (\S+)$/, (step, signal) => `${step} 已被 ${signal} 停止`],
  [/^(\S+) was stopped(?: and ended with exit code (\d+))?$/, (step) => `${step} 已停止`],
  [/^(\S+) could not start: (.+)$/, (step, reason) => `${step} 无法启动：${reason}`],
  [/^(\S+) skipped because the build was stopped$/, (step) => `由于构建已停止，跳过 ${step}`],
  [/^(\S+) skipped because (\S+) failed$/, (step, failed) => `由于 ${failed} 失败，跳过 ${step}`],
  [/^time limit of (.+) reached; stopping the build$/, (time) => `已达到 ${units(time)}的时间上限，正在停止构建`],
  [
    /^(\S+) printed nothing for (.+); stopping the build$/,
    (step, time) => `${step} 已有 ${units(time)}没有输出，正在停止构建`,
  ],
  [/^(.+) while (\S+) was running$/, (text, step) => `${toChinese(text)}（当时正在运行 ${step}）`],
  [/^(.+) before it started$/, (text) => `${toChinese(text)}（尚未开始）`],
  [/^(.+) before (\S+) started$/, (text, step) => `${toChinese(text)}（${step} 尚未开始）`],
  [/^(.+) after its last step$/, (text) => `${toChinese(text)}（所有步骤均已完成）`],
  [/^timed out after (.+) without output$/, (time) => `${units(time)}没有输出，已超时`],
  [/^timed out after (.+)$/, (time) => `运行 ${units(time)}后超时`],
  [/^cancelled$/, () => "已取消"],
  [new RegExp(`^(\\S+ .+) after (${DURATION})$`), (text, time) => `${toChinese(text)}，用时 ${units(time)}`],
  // The beginning of a log.
  [
    /^(.+?), because nothing names another package manager(?:; (.+))?$/,
    (name, more) => `${name}（未指定其他包管理器）${rest(more)}`,
  ],
  [/^(.+?), because (\S+) is there(?:; (.+))?$/, (name, file, more) => `${name}（存在 ${file}）${rest(more)}`],
  [/^(.+?), because (.+?) names it(?:; (.+))?$/, (name, file, more) => `${name}（由 ${file} 指定）${rest(more)}`],
  [/^there is no lock file of it, so the install may pick newer versions$/, () => "没有对应的锁文件，安装时可能选用较新的版本"],
  [/^the install is frozen by (.+)$/, (file) => `按 ${file} 安装依赖`],
  [/^the install may change (.+), as requested$/, (file) => `按要求更新依赖，可能修改 ${file}`],
  [/^the install is skipped, as requested$/, () => "按要求跳过依赖安装"],
  [
    /^the install is skipped, because nothing that it depends on changed since the last one, (.+) ago, .+$/,
    (time) => `跳过依赖安装：自上次安装（${units(time)}前）以来没有变化，已安装的文件也完好（选择“全新安装”可强制安装）`,
  ],
  [/^it starts without node_modules, as requested$/, () => "按要求先删除 node_modules"],
  [/^it starts without node_modules, because (.+)$/, (reason) => `先删除 node_modules：${toChinese(reason)}`],
  [/^it is not skipped, because (.+)$/, (reason) => `需要安装：${toChinese(reason)}`],
  [/^the last install here was stopped, and may have left broken packages$/, () => "上次安装被中止，可能留下不完整的包"],
  [/^the last install here .+, and may have left broken packages$/, () => "上次安装没有正常结束，可能留下不完整的包"],
  [/^(.+) changed since the last install$/, (names) => `自上次安装以来 ${names} 有变化`],
  [/^files were added to (.+), or removed, since the last install$/, (names) => `自上次安装以来 ${names} 中有文件增减`],
  [/^the environment of the build sets (.+)$/, (names) => `构建环境设置了 ${names}`],
  [/^warning: (.+)$/, (text) => `警告：${toChinese(text)}`],
  // Refusals.
  [
    /^Cannot open the project: there is no such directory under an allowed root; check the path$/,
    () => "无法打开项目：允许的根目录下没有这个文件夹，请检查路径",
  ],
  [/^Cannot build: enter the path of a project \("projectPath"\)$/, () => "请输入项目的路径"],
  [
    /^Cannot build (.+): its package\.json has no (".+") script; its scripts are: (.+)$/,
    (name, script, names) => `无法构建 ${name}：package.json 中没有 ${script} 脚本，现有脚本：${names}`,
  ],
  [
    /^Cannot build (.+): its package\.json has no (".+") script; it has no scripts$/,
    (name, script) => `无法构建 ${name}：package.json 中没有 ${script} 脚本，也没有其他脚本`,
  ],
  [/^Cannot sign in: the token is wrong$/, () => "登录失败：令牌错误"],
  [/^Cannot start or cancel builds: this server is read-only$/, () => "无法开始或取消构建：此服务器为只读"],
];

/** Returns a sentence of the server in the language of the page. Unknown sentences stay as they are. */
export function serverText(text: string): string {
  return language() === "zh-CN" ? toChinese(text) : text;
}

/** Translates a sentence of the server into Chinese. */
export function toChinese(text: string): string {
  for (const [pattern, chinese] of SENTENCES) {
    const found = pattern.exec(text);
    if (found !== null) return chinese(...found.slice(1));
  }
  return text;
}

function rest(text: string | undefined): string {
  return text === undefined ? "" : `；${text.split("; ").map(toChinese).join("；")}`;
}

function units(duration = ""): string {
  return duration.replace(/ h\b/, " 小时").replace(/ min$/, " 分钟").replace(/ min\b/, " 分").replace(/ s\b/, " 秒");
}
