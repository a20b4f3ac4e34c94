import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { serverText, toChinese } from "../../../dist/page/words/server-words.js";

/** Sentences of the server, from `src/runner` and `src/web`. */
const SENTENCES: readonly (readonly [english: string, chinese: string])[] = [
  ["succeeded in 1 h 10 min", "构建成功，用时 1 小时 10 分钟"],
  ["install succeeded after 0.4 s", "install 成功，用时 0.4 秒"],
  ["build failed with exit code 2", "build 失败，退出码 2"],
  ["build failed with exit code 2 after 3 min 7 s", "build 失败，退出码 2，用时 3 分 7 秒"],
  ["build was killed by SIGKILL, probably out of memory", "build 被 SIGKILL 终止，可能是内存不足"],
  ["pack skipped because build failed", "由于 build 失败，跳过 pack"],
  ["time limit of 30 min reached; stopping the build", "已达到 30 分钟的时间上限，正在停止构建"],
  ["build printed nothing for 5 min; stopping the build", "build 已有 5 分钟没有输出，正在停止构建"],
  ["timed out after 30 min while build was running", "运行 30 分钟后超时（当时正在运行 build）"],
  ["cancelled before it started", "已取消（尚未开始）"],
  ["npm 11.6.0, because package-lock.json is there", "npm 11.6.0（存在 package-lock.json）"],
  [
    "npm 11.6.0 on Node.js 20.1.0, because nothing names another package manager; .nvmrc wants Node.js 20, which is " +
      "that of nvm; there is no lock file of it, so the install may pick newer versions",
    "npm 11.6.0，Node.js 20.1.0（未指定其他包管理器）；.nvmrc 要求 Node.js 20，使用 nvm 的版本；没有对应的锁文件，安装时可能选用较新的版本",
  ],
  [
    "warning: .nvmrc wants Node.js 20, but Node.js 24.1.0 runs: no other version was found; install it with a " +
      "version manager, or name its folder with --node-path",
    "警告：.nvmrc 要求 Node.js 20，但运行的是 24.1.0：未找到其他版本；请用版本管理器安装，或用 --node-path 指定",
  ],
  ["build packages/a succeeded after 0.4 s", "build packages/a 成功，用时 0.4 秒"],
  ["dist: 8 files, 254 kB, +3 kB", "dist：8 个文件，254 kB, +3 kB"],
  ["dist: 1 file, 9 B, same size", "dist：1 个文件，9 B，大小不变"],
  ["git: main, at 1a2b3c4d (Fix it), with uncommitted changes", "git：main，提交 1a2b3c4d（Fix it），有未提交的修改"],
  ["git: no branch, at 1a2b3c4d", "git：无分支，提交 1a2b3c4d"],
  ["the environment of the build sets CI=true and leaves out PORT", "构建环境设置了 CI=true，不含 PORT"],
  ["a connection failed (ENOTFOUND); trying once more in 5 s", "连接失败（ENOTFOUND），5 秒后再试一次"],
  ["$ echo build succeeded; echo cancelled (in /srv)", "$ echo build succeeded; echo cancelled (in /srv)"],
  ["Cannot sign in: the token is wrong", "登录失败：令牌错误"],
];

describe("the words of the server", () => {
  it("are translated into Chinese", () => {
    for (const [english, chinese] of SENTENCES) assert.equal(toChinese(english), chinese);
  });

  it("stay as they are if they are unknown, and on an English page", () => {
    assert.equal(toChinese("something else"), "something else");
    assert.equal(serverText("cancelled"), "cancelled");
  });
});
