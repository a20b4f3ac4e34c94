import { once } from "node:events";
import { connect } from "node:http2";
import { request } from "node:https";
import { PassThrough } from "node:stream";
import { createGunzip } from "node:zlib";
import { BuildServer } from "./build-server.mjs";
import { openContext } from "./chromium.mjs";
import { Proxy } from "./deploy.mjs";
import { Dictation } from "./dictation.mjs";
import { makeFolder } from "./folder.mjs";
import { until } from "./until.mjs";

/** The token of builders. */
export const TOKEN = "s3cret-t0ken";

const BUILDER = { Authorization: `Bearer ${TOKEN}` };

/** The build server behind a proxy of examples/deploy, started with the options that their READMEs name. */
export class ProxiedServer {
  /** The server's process. */
  program;
  /** The origin for browsers. */
  url;
  redirectUrl;
  #t;
  #ca;
  #dictation;

  /** Starts both; they end with the test. */
  static async start(t, name, args = []) {
    const server = new ProxiedServer();
    server.#t = t;
    const proxy = await Proxy.prepare(t, name);
    Object.assign(server, { url: proxy.url, redirectUrl: proxy.redirectUrl });
    server.#ca = proxy.ca;
    server.#dictation = await Dictation.start(t);
    const root = await makeFolder(t, server.#dictation.files);
    const documented = ["--root", root, "--token", TOKEN, "--allowed-origin", proxy.url, "--trust-proxy", "127.0.0.1"];
    server.program = await BuildServer.start(t, { args: [...documented, "--grace", "0", ...args] });
    await proxy.start(t, new URL(server.program.url).port);
    return server;
  }

  /** The connection of the next build of `dictated`, which prints what is written to it. */
  dictation() {
    return this.#dictation.next();
  }

  /** Requests a build through the proxy; resolves with its JSON. */
  async build(projectPath) {
    const headers = { ...BUILDER, "Content-Type": "application/json" };
    const body = JSON.stringify({ projectPath, install: "skip" });
    const reader = await this.open("/api/project/build", { method: "POST", headers, body });
    return JSON.parse(await reader.until("}\n")).build;
  }

  /** Sends a request through the proxy. Resolves with a reader of its reply. */
  async open(path, { body, ...options }) {
    const call = request(this.url + path, { ca: this.#ca, agent: false, ...options });
    this.#t.after(() => call.destroy());
    call.on("error", () => {});
    call.end(body);
    const [response] = await once(call, "response");
    return new Reader(call, response);
  }

  /** Sends a request through the proxy. Resolves with the status of its reply. */
  async status(path, options) {
    const { response, leave } = await this.open(path, options);
    leave();
    return response.statusCode;
  }

  /** Opens streams of one HTTP/2 connection. Resolves when each has its head and its first bytes. */
  async openHttp2(paths, headers) {
    const session = connect(this.url, { ca: this.#ca });
    session.on("error", () => {});
    this.#t.after(() => session.destroy());
    return Promise.all(
      paths.map(async (path) => {
        const stream = session.request({ ":path": path, ...headers });
        stream.on("error", () => {});
        const [reply] = await once(stream, "response");
        await once(stream, "data");
        return { status: reply[":status"] };
      }),
    );
  }

  /** Opens the page in Chromium, signed in and live. */
  async openTab(browser, t) {
    const context = await openContext(t, browser, { ignoreHTTPSErrors: true });
    const page = await context.newPage();
    await page.goto(this.url);
    await page.getByLabel("Token").fill(TOKEN);
    await page.keyboard.press("Enter");
    await page.locator('#connection[data-state="live"]').waitFor();
    return { page, close: () => page.close() };
  }

  /** Waits until a stream (`feed`, `build` or `log`) has this number of clients. */
  async clients(count, stream = "feed") {
    const name = `tailcast_clients{stream="${stream}"}`;
    let found;
    const read = async () => {
      const text = await (await fetch(`${this.program.url}/metrics`, { headers: BUILDER })).text();
      found = text.split("\n").find((line) => line.startsWith(`${name} `));
      return found === `${name} ${count}`;
    };
    await until(read, () => `expected ${name} ${count}, and found ${found}`);
  }
}

/** Reads a reply as it arrives. */
class Reader {
  response;
  text = "";
  #call;

  constructor(call, response) {
    this.#call = call;
    this.response = response;
    const content = response.headers["content-encoding"] === "gzip" ? createGunzip() : new PassThrough();
    content.on("error", () => {});
    response.on("error", () => {});
    response.pipe(content);
    content.setEncoding("utf8").on("data", (text) => (this.text += text));
  }

  /** Resolves with everything that was read when it contains this text. */
  async until(text) {
    await until(() => this.text.includes(text), () => `expected ${text.slice(0, 100)} in ${this.text.slice(-500)}`);
    return this.text;
  }

  /** Closes the connection. */
  leave = () => this.#call.destroy();
}
