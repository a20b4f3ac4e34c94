import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { makeCertificate } from "./certificate.mjs";
import { makeFolder } from "./folder.mjs";
import { freePort, listens } from "./ports.mjs";
import { until } from "./until.mjs";

const DEPLOY = new URL("../../../examples/deploy/", import.meta.url);

/** Reads a file of examples/deploy. */
export function readDeploy(path) {
  return readFileSync(new URL(path, DEPLOY), "utf8");
}

/** The proxies of examples/deploy. `files` returns the files that the proxy reads, `command` starts it. */
const PROXIES = {
  nginx: {
    program: "/usr/sbin/nginx",
    files: ({ port, redirectPort, upstream, cert, key }) => ({
      "tailcast.conf": substitute(readDeploy("nginx/tailcast.conf"), [
        ["server 127.0.0.1:3000;", `server 127.0.0.1:${upstream};`],
        ["listen 80;", `listen 127.0.0.1:${redirectPort};`],
        ["listen [::]:80;", ""],
        ["listen 443 ssl http2;", `listen 127.0.0.1:${port} ssl http2;`],
        ["listen [::]:443 ssl http2;", ""],
        ["server_name ci.example;", "server_name localhost;"],
        ["/etc/letsencrypt/live/ci.example/fullchain.pem", cert],
        ["/etc/letsencrypt/live/ci.example/privkey.pem", key],
      ]),
      "nginx.conf": `
        daemon off;
        master_process off;
        pid nginx.pid;
        error_log stderr crit;
        events {}
        http {
          access_log off;
          ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${name};`).join("\n")}
          include tailcast.conf;
        }`,
    }),
    args: (folder) => ["-p", folder, "-e", "stderr", "-c", join(folder, "nginx.conf")],
  },
  Caddy: {
    program: "/usr/bin/caddy",
    files: ({ port, redirectPort, upstream, cert, key }) => ({
      Caddyfile: substitute(readDeploy("caddy/Caddyfile"), [
        ["\n{\n", `\n{\n\tadmin off\n\thttp_port ${redirectPort}\n`],
        ["\nci.example {", `\nhttps://localhost:${port} {`],
        ["# tls /etc/caddy/cert.pem /etc/caddy/key.pem", `tls ${cert} ${key}`],
        ["reverse_proxy 127.0.0.1:3000 {", `reverse_proxy 127.0.0.1:${upstream} {`],
      ]),
    }),
    args: (folder) => ["run", "--adapter", "caddyfile", "--config", join(folder, "Caddyfile")],
  },
};

/** The names of the proxies that {@link Proxy.start} knows. */
export const PROXY_NAMES = Object.keys(PROXIES);

/** A proxy that runs with the configuration of examples/deploy, apart from ports, names and paths. */
export class Proxy {
  /** `https://localhost:<port>` */
  url;
  /** The certificate, for clients. */
  ca;
  /** `http://localhost:<port>`, which redirects to HTTPS. */
  redirectUrl;
  #name;
  #options;

  /** Chooses the ports and makes the certificate: the server behind the proxy must know the origin. */
  static async prepare(t, name) {
    const { cert, key } = await makeCertificate(t);
    const proxy = new Proxy();
    proxy.#name = name;
    proxy.#options = { port: await freePort(), redirectPort: await freePort(), cert, key };
    proxy.ca = readFileSync(cert);
    proxy.url = `https://localhost:${proxy.#options.port}`;
    proxy.redirectUrl = `http://localhost:${proxy.#options.redirectPort}`;
    return proxy;
  }

  /** Starts it in front of the server on port `upstream`. It ends with the test. */
  async start(t, upstream) {
    const { program, files, args } = PROXIES[this.#name];
    assert.ok(existsSync(program), `these tests need ${program} (Debian: apt-get install ${this.#name.toLowerCase()})`);
    const folder = await makeFolder(t, files({ ...this.#options, upstream }));
    const child = spawn(program, args(folder), {
      env: { ...process.env, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, HOME: folder },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (text) => (errors += text));
    const ended = once(child, "close");
    t.after(async () => {
      child.kill("SIGTERM");
      await ended;
    });
    await until(async () => child.exitCode !== null || (await listens(this.#options.port)));
    assert.equal(child.exitCode, null, `${this.#name} ended before it listened: ${errors}`);
  }
}

/** Replaces each text, which must occur. */
function substitute(text, pairs) {
  return pairs.reduce((changed, [before, after]) => {
    assert.ok(changed.includes(before), `the configuration has no "${before}"`);
    return changed.replaceAll(before, after);
  }, text);
}
