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
