import { hintLine } from "./hint-words.ts";
import { language } from "./words.ts";

/**
 * The server's sentences and their Chinese, one a line; the first that matches counts. In a sentence, `*` is any text
 * without `; `, and `%` is a duration. In the Chinese, `$1` is the first of them as it is, and `@1` is the first one in
 * Chinese. `~` stands for words that say nothing more: the page must stay small.
 */
const SENTENCES = `
succeeded in %|构建成功，用时 @1
timed out after % without~|@1没有输出，已超时
timed out after %|运行 @1后超时
* after %|@1，用时 @2
~skipped, because ~, % ago, ~|跳过依赖安装：自上次安装（@1前）以来没有变化
~without node_modules, because *|先删除 node_modules：@1
~last install ~stopped~|上次安装被中止，可能留下不完整的包
~last install ~unknown|上次安装的结果未知
* changed since the last~|自上次安装以来 $1 有变化
files were added to *, ~|自上次安装以来 $1 中有文件增减
the last install ~|上次安装没有正常结束，可能留下不完整的包
* failed with exit code *, ~|$1 失败，退出码 $2（即 SIGKILL，可能是内存不足）
* failed with exit code *|$1 失败，退出码 $2
* was killed by SIGKILL, ~|$1 被 SIGKILL 终止，可能是内存不足
* was killed by *|$1 被 $2 终止
* was stopped by *|$1 已被 $2 停止
* skipped because the build was stopped|由于构建已停止，跳过 $1
* skipped because * failed|由于 $2 失败，跳过 $1
* was stopped~|$1 已停止
* could not start: *|$1 无法启动：@2
time limit of % reached; ~|已达到 @1的时间上限，正在停止构建
* printed nothing for %; ~|$1 已有 @2没有输出，正在停止构建
* while * was running|@1（当时正在运行 $2）
* before it started|@1（尚未开始）
* before * started|@1（$2 尚未开始）
* after its last step|@1（所有步骤均已完成）
cancelled~|已取消
* succeeded|$1 成功
a connection failed (*); ~ %|连接失败（$1），@2后再试一次
Cannot plan the build: *|无法制定构建计划：@1
warning: *|警告：@1
*, because nothing names~|@1（未指定其他包管理器）
*, because * is there|@1（存在 $2）
*, because * names it|@1（由 $2 指定）
~, so corepack runs it|不在 PATH 中，由 corepack 运行
*, so corepack ~|@1，由 corepack 运行指定的版本
packageManager names *, but *|packageManager 指定 $1，但@2
~, so that of the server~|PATH 中没有 node，使用服务器的 Node.js
~ of Node.js that runs is ~|无法确定 Node.js 的版本
*, so the version ~|@1，无法确定运行的版本
*, so * runs|@1，运行的是 $2
* is on PATH~|PATH 中是 $1
* is not on PATH|PATH 中没有 $1
it printed no version|未输出版本
* printed no ~|$1 未输出版本
* wants Node.js *, which is that of *|$1 要求 Node.js $2，使用 $3 的版本
* wants Node.js *, but Node.js * runs, as * ~|$1 要求 Node.js $2，但按 $4 的要求运行 $3
* wants Node.js *, but Node.js * runs: *|$1 要求 Node.js $2，但运行的是 $3：@4
* wants Node.js *: *|$1 要求 Node.js $2：@3
* wants Node.js *|$1 要求 Node.js $2
no other version ~|未找到其他版本
only others are installed, *|只安装了 $1
~ --node-path|请用版本管理器安装，或用 --node-path 指定
the Node.js in * is not used: *|不使用 $1：@2
* is not used: *|不使用 $1：@2
* cannot be used: *|不能使用 $1：@2
~ than its folder says|版本与文件夹名不符
* does not count: *|忽略 $1：@2
* is not a known ~|$1 不是已知的版本
~no lock file of it~|没有对应的锁文件，安装时可能选用较新的版本
~frozen by *|按 $1 安装依赖
~may change *, as ~|按要求更新依赖，可能修改 $1
~skipped, as ~|按要求跳过依赖安装
~ignores the workspace ~|忽略上层的工作区
~without node_modules, as ~|按要求先删除 node_modules
~not skipped, because *|需要安装：@1
there is no lock file|没有锁文件
~version of * is unknown|$1 的版本未知
the script * in * may ~|$2 中的脚本 $1 可能生成文件
* has a dependency from *|$1 有来自 $2 的依赖
~no * script, so ~: *|没有 $1 脚本，因此运行各成员的脚本：$2
the settings in * name ~|步骤由 $1 指定
the last change of the settings ~: *|设置的最近一次修改未生效：$1
the commands run on *|命令由 $1 运行
the steps below * ~|$1 之后的步骤在它完成后制定
~environment of the build sets * and leaves out *|构建环境设置了 $1，不含 $2
~environment of the build sets *|构建环境设置了 $1
~environment of the build leaves out *|构建环境不含 $1
git: *, with uncommitted changes|git：@1，有未提交的修改
git: *|git：@1
*, no commit yet|@1，尚无提交
*, at * (*)|@1，提交 $2（$3）
*, at *|@1，提交 $2
no branch|无分支
*: * file~, *B, same size|$1：$2 个文件，$3B，大小不变
*: * file~, *B*|$1：$2 个文件，$3B$4
~too many files: ~|项目中的文件过多，以上数字不完整
* on Node.js *|$1，Node.js $2
* with Node.js *|$1，Node.js $2
Cannot open the project: its ~|无法打开项目：文件夹已被删除
Cannot open the project: ~|无法打开项目：允许的根目录下没有这个文件夹，请检查路径
Cannot build: ~|请输入项目的路径
Cannot build *: its package.json has no * script|无法构建 $1：package.json 中没有 $2 脚本
it has no scripts|没有脚本
its scripts are: *|现有脚本：$1
members with a * script: *|有 $1 脚本的成员：$2
Cannot sign in: ~|登录失败：令牌错误
Cannot start or cancel ~|无法开始或取消构建：此服务器为只读
`;

/** A longer text stays English: its comparison would take too long. */
const MAX_LENGTH = 1000;

const DURATION = "([\\d.]+ (?:h|min|s)(?: \\d+ (?:min|s))?)";
const REST = "(?:(?!; ).)*?";
const PARTS: Readonly<Record<string, string>> = { "*": `(${REST})`, "~": REST, "%": DURATION };

type Sentence = readonly [pattern: RegExp, chinese: string];

let sentences: readonly Sentence[] | undefined;

/** Returns a line or a message of the server in the language of the page. Unknown ones stay as they are. */
export function serverText(text: string): string {
  return language() === "zh-CN" ? toChinese(text) : text;
}

/** Translates a line or a message of the server into Chinese: a sentence, or several with `; ` between them. */
export function toChinese(text: string): string {
  if (text.length > MAX_LENGTH || text.startsWith("$ ")) return text;
  const whole = translate(text);
  if (whole !== undefined) return whole;
  const parts = text.split("; ").map((part) => ({ part, chinese: translate(part) }));
  if (parts.every(({ chinese }) => chinese === undefined)) return text;
  return parts.map(({ part, chinese = part }) => chinese).join("；");
}

function translate(text: string): string | undefined {
  sentences ??= SENTENCES.trim().split("\n").map(parseSentence);
  for (const [pattern, chinese] of sentences) {
    const found = pattern.exec(text);
    if (found === null) continue;
    return chinese.replace(/([$@])(\d)/g, (_, kind: string, index: string) => {
      const part = found[Number(index)] ?? "";
      return kind === "$" ? part : (units(part) ?? toChinese(part));
    });
  }
  return hintLine(text);
}

function parseSentence(line: string): Sentence {
  const [english = "", chinese = ""] = line.split("|");
  const source = english.replace(/[^\w\s,:;]/g, (sign) => PARTS[sign] ?? `\\${sign}`);
  return [new RegExp(`^${source}$`, "s"), chinese];
}

/** A duration with Chinese units. */
function units(text: string): string | undefined {
  if (!new RegExp(`^${DURATION}$`).test(text)) return undefined;
  return text.replace(" h", " 小时").replace(/ min$/, " 分钟").replace(" min", " 分").replace(" s", " 秒");
}
