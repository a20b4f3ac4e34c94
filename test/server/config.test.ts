import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { describe, it } from "node:test";
import { OPTIONS } from "../../dist/cli/serve/program-options.js";
import { readArguments as configOf } from "../cli/read-arguments.js";
import { dataFolder } from "../support/program.js";

describe("readConfig()", () => {
  it("has a default for everything", () => {
    assert.deepEqual(configOf([]), {
      port: 3000,
      host: "127.0.0.1",
      roots: [process.cwd()],
      concurrency: 2,
      queueLimit: 20,
      timeout: 1_800_000,
      silence: 0,
      nice: 0,
      pids: 0,
      cgroup: undefined,
      output: "merged",
      color: false,
      env: {},
      nodePath: [],
      grace: 5000,
      data: undefined,
      projects: undefined,
      notify: [],
      notifySecret: undefined,
      keep: 20,
      keepSize: 1_073_741_824,
      logLimit: 104_857_600,
      mask: [],
      tls: undefined,
      maxClients: 1000,
      maxClientsPerAddress: 500,
      maxRequestsPerAddress: 2000,
      logLevel: "warn",
      logFormat: "text",
      heartbeat: 7000,
      capacity: 50_000,
      token: undefined,
      isTokenNew: false,
      viewerToken: undefined,
      sessionLifetime: 604_800_000,
      readOnly: false,
      allowedOrigins: [],
      allowCredentials: false,
      trustProxy: 0,
    });
  });

  it("reads flags", () => {
    const args = `
      --port 0 --host ::1 --root / --concurrency=3 --queue-limit 0 --timeout 60 --grace 7 --data /tmp/builds --keep 5
      --projects p.json --notify https://a.example/x --notify http://b.example
      --keep-size 1 --max-clients 2 --heartbeat 40
      --root ${tmpdir()} --pids 1000 --cgroup cgroups
      --silence 90 --nice=7 --output separate --color --env A=1 --env B= --log-limit 7 --mask PIN --mask DSN
      --node-path /tmp
      --capacity 10 --token t --viewer-token v --session-lifetime 60 --read-only --allowed-origin https://a.example
      --allowed-origin http://b.example:81 --allow-credentials --trust-proxy 10.0.0.0/8,::1 --max-clients-per-address
      1 --max-requests-per-address 9 --log-level debug --log-format json`;
    assert.deepEqual(configOf(args.trim().split(/\s+/)), {
      port: 0,
      host: "::1",
      roots: ["/", tmpdir()],
      concurrency: 3,
      queueLimit: 0,
      timeout: 60_000,
      silence: 90_000,
      nice: 7,
      pids: 1000,
      cgroup: join(process.cwd(), "cgroups"),
      output: "separate",
      color: true,
      env: { A: "1", B: "" },
      nodePath: ["/tmp"],
      grace: 7000,
      data: "/tmp/builds",
      projects: join(process.cwd(), "p.json"),
      notify: ["https://a.example/x", "http://b.example"],
      notifySecret: undefined,
      keep: 5,
      keepSize: 1_048_576,
      logLimit: 7_340_032,
      mask: ["PIN", "DSN"],
      tls: undefined,
      maxClients: 2,
      maxClientsPerAddress: 1,
      maxRequestsPerAddress: 9,
      logLevel: "debug",
      logFormat: "json",
      heartbeat: 40_000,
      capacity: 10,
      token: "t",
      isTokenNew: false,
      viewerToken: "v",
      sessionLifetime: 60_000,
      readOnly: true,
      allowedOrigins: ["https://a.example", "http://b.example:81"],
      allowCredentials: true,
      trustProxy: ["10.0.0.0/8", "::1"],
    });
  });

  it("reads the secret of notifications from its variable, or from a file", (t) => {
    const file = join(dataFolder(t), "secret");
    writeFileSync(file, "from a file\n", { mode: 0o600 });
    const env = { TAILCAST_NOTIFY: "https://a.example https://b.example", TAILCAST_NOTIFY_SECRET: "from a variable" };
    const { notify, notifySecret } = configOf([], env);
    assert.deepEqual([notify, notifySecret], [["https://a.example", "https://b.example"], "from a variable"]);
    assert.equal(configOf(["--notify-secret-file", file], env).notifySecret, "from a file");
    assert.throws(() => configOf(["--notify-secret", "x"]), /Unknown option '--notify-secret'/);
  });

  it("reads the environment where a flag is absent", () => {
    const env = {
      PORT: "81",
      HOST: "localhost",
      TAILCAST_ROOT: ["/", tmpdir()].join(delimiter),
      TAILCAST_HEARTBEAT: "0",
      TAILCAST_TOKEN: "t",
      TAILCAST_ALLOWED_ORIGIN: "https://a.example,https://b.example",
      TAILCAST_KEEP: "",
      TAILCAST_MASK: "PIN,DSN",
    };
    const config = configOf(["--port", "82"], env);
    assert.deepEqual(
      [config.port, config.host, config.roots, config.heartbeat, config.token, config.allowedOrigins, config.keep],
      [82, "localhost", ["/", tmpdir()], 0, "t", ["https://a.example", "https://b.example"], 20],
    );
    assert.deepEqual(config.mask, ["PIN", "DSN"]);
  });

  for (const [args, env, named] of [
    [["--prot", "1"], {}, "Cannot read the arguments: Unknown option '--prot'"],
    [["--env-file", "x"], {}, "Unknown option '--env-file'; did you mean --env-from?"],
    [["deploy"], {}, 'unexpected argument "deploy"'],
    [["--port", "0", "deploy"], {}, '"deploy"'],
    [["--color", "deploy"], {}, '"deploy"'],
    [["--port"], {}, "--port"],
    [["--port", "65536"], {}, "--port"],
    [["--port", "-1"], {}, "--port"],
    [["--port", "3e3"], {}, 'Cannot use --port: it must be an integer from 0 to 65535, not "3e3"'],
    [["--concurrency", "0"], {}, "--concurrency"],
    [["--timeout", "1.5"], {}, "--timeout"],
    [["--silence", "-1"], {}, "--silence"],
    [["--nice", "20"], {}, "--nice"],
    [["--pids", "-1"], {}, "--pids"],
    [["--pids", "1e3"], {}, "--pids"],
    [["--pids", "many"], {}, "--pids"],
    [["--pids", "4194305"], {}, "--pids"],
    [["--pids", ""], {}, "--pids"],
    [[], { TAILCAST_PIDS: "0x10" }, "TAILCAST_PIDS"],
    [["--cgroup", ""], {}, "--cgroup"],
    [["--output", "both"], {}, 'Cannot use --output: it must be "merged" or "separate", not "both"'],
    [["--cert", "/etc/hostname"], {}, "--key"],
    [["--cert", "/nowhere/at/all", "--key", "/etc/hostname"], {}, "--cert"],
    [["--cert", "/etc/hostname", "--key", "/etc/hostname"], {}, "--cert"],
    [["--log-level", "loud"], {}, "--log-level"],
    [["--log-format", "xml"], {}, "--log-format"],
    [["--max-clients-per-address", "0"], {}, "--max-clients-per-address"],
    [["--env", "A"], {}, "--env"],
    [["--node-path", "/nowhere/at/all"], {}, "--node-path"],
    [["--root", "/nowhere/at/all"], {}, "--root"],
    [["--root", "/etc/hostname"], {}, "--root"],
    [["--allowed-origin", "https://a.example/path"], {}, "--allowed-origin"],
    [["--allowed-origin", "*"], {}, "--allowed-origin"],
    [["--allowed-origin", "null"], {}, "--allowed-origin"],
    [["--allow-credentials=yes"], {}, "--allow-credentials"],
    [[], { TAILCAST_ALLOW_CREDENTIALS: "yes" }, "TAILCAST_ALLOW_CREDENTIALS"],
    [["--host", "0.0.0.0"], {}, "--host"],
    [["--trust-proxy", "-1"], {}, "--trust-proxy"],
    [["--trust-proxy", "10.0.0.0/33"], {}, "--trust-proxy"],
    [["--trust-proxy", "10.0.0.1,proxy.example"], {}, "--trust-proxy"],
    [["--host", "0.0.0.0", "--token", "s3cret"], {}, "openssl rand"],
    [["--host", "::", "--token", "auto", "--viewer-token", "v"], {}, "--viewer-token"],
    [["--viewer-token", "v"], {}, "--viewer-token"],
    [["--token", "t", "--viewer-token", "t"], {}, "--viewer-token"],
    [["--token", "t", "--token-file", "/etc/hostname"], {}, "--token-file"],
    [["--token-file", "/nowhere/at/all"], {}, "--token-file"],
    [[], { TAILCAST_TOKEN_FILE: "/nowhere/at/all" }, "--token-file"],
    [["--session-lifetime", "0"], {}, "--session-lifetime"],
    [["--token", ""], {}, "--token"],
    [["--token="], { TAILCAST_TOKEN: "t" }, "--token"],
    [["--root", ""], {}, "--root"],
    [["--log-limit", "0"], {}, "--log-limit"],
    [["--mask", "PIN=1234"], {}, "--mask"],
    [[], { PORT: "http" }, 'Cannot use PORT: it must be an integer from 0 to 65535, not "http"'],
    [[], { TAILCAST_CAPACITY: "0" }, "TAILCAST_CAPACITY"],
  ] as const) {
    it(`refuses ${[...args, ...Object.entries(env).map((pair) => pair.join("="))].join(" ")}, naming it`, () => {
      assert.throws(
        () => configOf(args, env),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, "INVALID_OPTION");
          assert.ok(error.message.includes(named), error.message);
          return true;
        },
      );
    });
  }

  it("accepts an IPv6 address in brackets", () => {
    assert.equal(configOf(["--host", "[::1]"]).host, "::1");
  });

  it("says how to give a value that starts with a hyphen, in one line", () => {
    for (const { flag, value } of OPTIONS.filter((option) => option.value !== "")) {
      const message = `Cannot use --${flag}: it needs a value; write --${flag}=VALUE if it starts with "-"`;
      assert.throws(() => configOf([`--${flag}`, "-1"], {}), { code: "INVALID_OPTION", message }, value);
    }
    for (const args of [["--prot"], ["--port"], ["--port", "--host"], ["--color=1"], ["-x"], ["--port=-1"]]) {
      assert.throws(() => configOf(args, {}), { code: "INVALID_OPTION", message: /^[^\n]+[^\n.]$/ }, args.join(" "));
    }
  });

  it("listens on other addresses only with a token", () => {
    assert.equal(configOf(["--host", "0.0.0.0", "--token", "9W4T25bAHzu3Ot+uScRhmfp2"]).host, "0.0.0.0");
    assert.equal(configOf(["--host", "LOCALHOST"]).host, "LOCALHOST");
  });

  it("makes a token for auto, another one each time", () => {
    const [one, two] = [configOf(["--host", "0.0.0.0", "--token", "auto"]), configOf([], { TAILCAST_TOKEN: "auto" })];
    for (const { token, isTokenNew } of [one, two]) {
      assert.match(token ?? "", /^[\w-]{32}$/);
      assert.equal(isTokenNew, true);
    }
    assert.notEqual(one.token, two.token);
  });

  it("reads tokens from files", (t) => {
    const folder = dataFolder(t);
    writeFileSync(`${folder}/token`, "t\n", { mode: 0o600 });
    writeFileSync(`${folder}/viewer`, "v\n", { mode: 0o600 });
    const { token, viewerToken } = configOf(["--token-file", `${folder}/token`], {
      TAILCAST_VIEWER_TOKEN_FILE: `${folder}/viewer`,
    });
    assert.deepEqual([token, viewerToken], ["t", "v"]);
  });
});
