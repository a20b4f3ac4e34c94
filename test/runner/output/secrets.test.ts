import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BuildQueue } from "../../../dist/runner/build-queue.js";
import { Secrets } from "../../../dist/runner/output/secrets.js";
import { runBuild, shellStep } from "../one-build.js";
import type { SecretsOptions } from "../../../dist/runner/output/secrets.js";
import type { Step } from "../../../dist/runner/planning/step.js";

function steps(env?: Step["env"]): Step[] {
  return [
    { name: "x", command: "x", args: [], cwd: "/" },
    { name: "y", command: "y", args: [], cwd: "/", env },
  ];
}

function secretsOf(options: Partial<SecretsOptions>): Secrets {
  return new Secrets({ env: {}, names: [], values: [], ...options });
}

/** Masks a text as in the log of a plan without its own variables. */
function masked(options: Partial<SecretsOptions>, text: string): string {
  return secretsOf(options).maskFor(steps())?.text(text) ?? text;
}

describe("Secrets", () => {
  it("recognizes variables with usual names", () => {
    const names = [
      ...["NPM_TOKEN", "GITHUB_TOKEN", "token", "AuthToken", "CLIENT_SECRET", "DB_PASSWORD", "PGPASSWORD", "X_PASSWD"],
      ...["GPG_PASSPHRASE", "SMTP_PASS", "MYSQL_PWD", "STRIPE_API_KEY", "APIKEY", "AWS_SECRET_ACCESS_KEY"],
      ...[
        "SSH_PRIVATE_KEY",
        "S3_SECRET_KEY",
        "JWT_SIGNING_KEY",
        "ENCRYPTION_KEY",
        "GOOGLE_CREDENTIALS",
        "X_CREDENTIAL",
      ],
      ...["DB_CONNECTION_STRING", "SSH_PRIVATE_KEY_BASE64", "TOKEN_B64"],
      ...["npm_config_//registry.example/:_authToken", "NPM_CONFIG__AUTH"],
    ];
    for (const name of names) assert.equal(masked({ env: { [name]: "hidden1" } }, "<hidden1>"), "<***>", name);
    const others = [
      "PATH",
      "HOME",
      "PWD",
      "TOKENIZER",
      "SECRETARY",
      "KEYBOARD",
      "PUBLIC_KEY",
      "PASSAGE",
      "COMPASS",
      "CI",
    ];
    for (const name of others) {
      const secrets = secretsOf({ env: { [name]: "hidden1" } });
      assert.equal(secrets.maskFor(steps()), undefined, name);
      assert.deepEqual(secrets.problems, [], name);
    }
  });

  it("accepts further names and values", () => {
    assert.equal(masked({ env: { DSN: "hidden1", PIN: "1234" }, names: ["DSN", "PIN"] }, "hidden1 1234"), "*** ***");
    assert.equal(masked({ values: ["hidden1", "abcd"] }, "hidden1 abcd"), "*** ***");
  });

  it("does not mask short values, and reports them", () => {
    const env = { A_TOKEN: "12345", PIN: "123", B_TOKEN: " 1234\n", EMPTY_TOKEN: "", EMPTY: "", C_TOKEN: "yes yes" };
    const secrets = secretsOf({ env, names: ["PIN", "B_TOKEN", "EMPTY", "MISSING"] });
    assert.equal(secrets.maskFor(steps())?.text("12345 123 1234 yes"), "***5 123 *** yes");
    assert.deepEqual(secrets.problems, [
      "EMPTY has no value to mask",
      "MISSING has no value to mask",
      "A_TOKEN is not masked: its value has fewer than 6 characters",
      "PIN is not masked: its value has fewer than 4 characters",
    ]);
  });

  it("reports that a value without a name is too short, once and without the value", () => {
    const secrets = secretsOf({ values: ["", "abc", " ab\n", "abcd"] });
    assert.equal(secrets.maskFor(steps())?.text("abc abcd"), "abc ***");
    assert.deepEqual(secrets.problems, ["a value has fewer than 4 characters and is not masked"]);
  });

  it("masks the secrets of a plan in its builds only", () => {
    const secrets = secretsOf({ env: { NPM_TOKEN: "hidden1" } });
    const text = "hidden1 hidden2 hidden3";
    const own = steps({ MY_TOKEN: "hidden2", OTHER: "hidden3", SHORT_TOKEN: "h" });
    assert.equal(secrets.maskFor(own)?.text(text), "*** *** hidden3");
    assert.equal(secrets.maskFor(steps({ MY_TOKEN: "hidden1" })), secrets.maskFor(steps()));
    assert.equal(secrets.maskFor(steps())?.text(text), "*** hidden2 hidden3");
    assert.equal(
      secretsOf({})
        .maskFor(steps({ MY_TOKEN: "hidden2" }))
        ?.text(text),
      "hidden1 *** hidden3",
    );
  });
});

describe("Secrets of a build", () => {
  const NPM_TOKEN = "npm_0123456789abcdef";
  const env = { PATH: process.env["PATH"], NPM_TOKEN };

  it("appear in no line of either pipe, wherever a write or a line is cut", async (t) => {
    // Two writes with a pause between them arrive as two chunks.
    const write = 'printf "a ${NPM_TOKEN%??????????}"; sleep 0.1; printf "%s b\\n" "${NPM_TOKEN#??????????}"';
    const long = `printf "%16380s\\n" "$NPM_TOKEN"; printf "%16390s%s" x "$NPM_TOKEN"`;
    const steps = [shellStep(write), shellStep(`{ ${write}; } >&2`), shellStep(long)];
    const { lines, end } = await runBuild(t, steps, { env, output: "separate" });
    assert.equal(end.status, "succeeded");
    const printed = lines.filter(({ stream }) => stream !== "system").map(({ stream, text }) => `${stream}: ${text}`);
    assert.deepEqual(printed, [
      "stdout: a *** b",
      "stderr: a *** b",
      `stdout: ${" ".repeat(16_360)}***`,
      `stdout: ${" ".repeat(16_384)} … [line cut at 16384 characters]`,
    ]);
    // The log names variables such as `npm_config_cache`, which belong to npm when it runs the tests.
    assert.doesNotMatch(JSON.stringify([lines, end]), /npm_0|89abcdef/);
  });

  it("appear in no line of UTF-16 output", async (t) => {
    const code = 'process.stdout.write(Buffer.from("a " + process.env.NPM_TOKEN + " b\\r\\n", "utf16le"))';
    const { lines } = await runBuild(t, [shellStep(`node -e '${code}'`)], { env });
    assert.deepEqual(
      lines.filter(({ stream }) => stream !== "system").map(({ text }) => text.replaceAll("\0", "")),
      ["a *** b"],
    );
  });

  it("leave no part at the end of a line that is cut", async (t) => {
    for (let before = 16_384 - NPM_TOKEN.length; before <= 16_384; before++) {
      const { lines } = await runBuild(t, [shellStep(`printf "%${before}s%s%s" x "$NPM_TOKEN" yyyy`)], { env });
      const text = lines.find(({ stream }) => stream === "stdout")?.text ?? "";
      assert.match(text, /^ +x(?:\*{1,3}|\*{3}y+)?( … \[line cut at 16384 characters\])?$/, `after ${before}`);
    }
  });

  it("appear in no line of the runner", async (t) => {
    const step = shellStep("", { command: `/nowhere/${NPM_TOKEN}`, args: ["login", NPM_TOKEN], cwd: "/" });
    const { lines, end } = await runBuild(t, [step], { env });
    assert.ok(lines.some(({ text }) => text === "$ /nowhere/*** login *** (in /)"));
    assert.equal(end.steps[0]?.command, "/nowhere/*** login ***");
    assert.match(end.message ?? "", /^build could not start: \/nowhere\/\*\*\* does not exist/);
    assert.doesNotMatch(JSON.stringify([lines, end]), /npm_0/);
  });

  it("can belong to a plan", async (t) => {
    const step = shellStep('echo "$MY_PASSWORD $OTHER"', { env: { MY_PASSWORD: "correct horse", OTHER: "shown" } });
    const { lines } = await runBuild(t, [step]);
    assert.ok(lines.some(({ text }) => text === "*** shown"));
  });

  it("can be named by options", async (t) => {
    const options = { env: { ...env, PIN: "1234", ID: "12" }, mask: ["PIN", "ID"], maskValues: ["swordfish"] };
    const { lines, queue } = await runBuild(t, [shellStep('echo "$PIN $ID swordfish"')], options);
    assert.ok(lines.some(({ text }) => text === "*** 12 ***"));
    assert.deepEqual(queue.warnings, ["ID is not masked: its value has fewer than 4 characters"]);
    for (const name of ["mask", "maskValues"]) {
      for (const value of ["PIN", [""], [7], null]) {
        const wrong = { onEvent: () => undefined, [name]: value as string[] };
        assert.throws(() => new BuildQueue(wrong), { code: "INVALID_OPTION", message: new RegExp(`"${name}"`) });
      }
    }
  });
});
