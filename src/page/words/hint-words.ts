import { language } from "./words.ts";
import type { Build } from "../model.ts";

/** The cause and the remedy of each known failure in Chinese, by its code. `{}` stands for the subject. */
export const CHINESE_HINTS: Readonly<Record<string, string>> = {
  OUT_OF_MEMORY: "有进程被终止，可能是机器内存不足。请减少同时运行的构建（--concurrency），或增加内存。",
  SEGMENTATION_FAULT: "程序崩溃（段错误），原生模块可能是为另一版本的 Node.js 编译的。请全新安装依赖后再构建。",
  OUT_OF_HEAP: "Node.js 的 JavaScript 堆已满。请为构建设置变量 NODE_OPTIONS=--max-old-space-size=4096。",
  LOCK_FILE_OUTDATED: "锁文件与 package.json 不一致。请手动安装依赖并提交锁文件，或选择“更新”。",
  WRONG_NODE: "项目或它的某个依赖需要另一版本的 Node.js。请使用项目指定的版本或更新的版本。",
  OPENSSL: "webpack 4 使用的哈希自 Node.js 17 起不受支持。请升级到 webpack 5，或设置 NODE_OPTIONS=--openssl-legacy-provider。",
  WATCH_LIMIT: "脚本监视的文件超过系统上限（磁盘并未写满）。请使用不监视文件的脚本，或提高 fs.inotify 的上限。",
  DISK_FULL: "磁盘已满。请清理项目和临时文件所在的磁盘。",
  NOT_EXECUTABLE: "文件 {} 没有执行权限。请执行 chmod +x 并提交。",
  PERMISSION_DENIED: "构建的用户没有读写 {} 的权限。请更改其所有者或权限。",
  WARNINGS_AS_ERRORS: "变量 CI 为 true，脚本把警告当作错误。请消除警告，或为构建设置 CI=false。",
  COMMAND_NOT_FOUND: "找不到命令 {}。请把提供它的包加入 package.json 并安装，其他程序须在 PATH 中。",
  NETWORK: "网络连接失败（{}）。请检查输出中的服务器、源和代理，然后重新构建。",
  OPTIONAL_PACKAGE_MISSING: "未安装此平台所需的包 {}。请全新安装依赖；若无效，请删除锁文件后重装并提交。",
  FILE_MISSING: "文件 {} 不存在。请检查路径和大小写，以及它是否已提交或生成。",
  MODULE_MISSING: "未安装包 {}。请把它加入 package.json；若已在其中，请全新安装依赖。",
  NO_GIT_REPOSITORY: "脚本（如 husky）需要 git 仓库，而项目不在仓库中。请构建仓库的克隆，或设置 HUSKY=0。",
};

/** The lines of the log about the hints of this page, in English and in Chinese. */
const LINES = new Map<string, string>();

/** Returns the likely cause of a failure and its remedy, as sentences in the language of the page. */
export function hintText({ code, subject, cause, remedy }: NonNullable<Build["hint"]>): string {
  const chinese = language() === "zh-CN" ? chineseHint(code, subject) : undefined;
  const [why, ...what] = chinese?.match(/[^。]+。/g) ?? [];
  if (why !== undefined) LINES.set(`cause: ${cause}`, `原因：${why}`).set(`remedy: ${remedy}`, `办法：${what.join("")}`);
  return chinese ?? [cause, remedy].map((text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`).join(" ");
}

/** Returns the Chinese of a line of the log about a hint that {@link hintText} knows. */
export function hintLine(line: string): string | undefined {
  return LINES.get(line);
}

/** Returns the Chinese text for a code; `undefined` for the code of a newer server. */
export function chineseHint(code: string, subject: string | null): string | undefined {
  return CHINESE_HINTS[code]?.replace("{}", () => subject ?? "");
}
