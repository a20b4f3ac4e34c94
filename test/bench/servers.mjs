import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { Channel } from "../../dist/index.js";
import { NCHAN_MODULE } from "./servers/nchan.mjs";

/**
 * @typedef {object} Server
 * @property {string} name - Its file in `servers`, and its row in the tables.
 * @property {string[]} [packages] - The npm packages whose versions are printed.
 * @property {boolean} [external] - Whether it is a process of its own, fed by the host.
 * @property {boolean} [variant] - Whether it runs only in workloads that name it.
 * @property {() => string | undefined} [missing] - Why it cannot run here.
 * @property {boolean} [optional] - Whether a missing one is no failure.
 * @property {() => string} [version]
 */

/** @type {readonly Server[]} */
export const SERVERS = [
  { name: "tailcast" },
  { name: "better-sse", packages: ["better-sse"] },
  { name: "koa-sse-stream", packages: ["koa-sse-stream", "koa"] },
  { name: "sse-channel", packages: ["sse-channel"] },
  { name: "fastify-sse", packages: ["@fastify/sse", "fastify"] },
  { name: "hono", packages: ["hono", "@hono/node-server"] },
  { name: "nchan", external: true, missing: nchanMissing, version: nchanVersion },
  { name: "node-loop" },
  { name: "node-loop-batch" },
  { name: "c-loop", external: true },
  { name: "tailcast-window", variant: true, optional: true, missing: () => optionMissing("coalesce") },
  { name: "tailcast-gzip", variant: true, optional: true, missing: () => optionMissing("compress") },
  { name: "express-sse", variant: true, packages: ["express-sse", "express"] },
  { name: "express-gzip", variant: true, packages: ["express", "compression"] },
];

/** The servers that the checks of other rooms use: tailcast and its peers. */
export const PEERS = [
  ...["tailcast", "better-sse", "koa-sse-stream", "express-sse"],
  ...["sse-channel", "fastify-sse", "hono", "nchan"],
];

/** The versions behind a server, for the head of the tables; empty for our own loops. */
export function versionsOf(server) {
  const packages = (server.packages ?? []).map((name) => {
    const manifest = new URL(`./node_modules/${name}/package.json`, import.meta.url);
    return `${name} ${JSON.parse(readFileSync(manifest, "utf8")).version}`;
  });
  return server.version === undefined ? packages : [...packages, server.version()];
}

function nchanMissing() {
  try {
    execFileSync("nginx", ["-v"], { stdio: "ignore" });
  } catch {
    return "not installed (apt-get install nginx libnginx-mod-nchan)";
  }
  return existsSync(NCHAN_MODULE) ? undefined : "not installed (apt-get install libnginx-mod-nchan)";
}

function nchanVersion() {
  try {
    const format = "${Package} ${Version}, ";
    const packages = ["nginx", "libnginx-mod-nchan"];
    return execFileSync("dpkg-query", ["-W", "-f", format, ...packages], { encoding: "utf8" }).slice(0, -2);
  } catch {
    return "nchan, version unknown";
  }
}

/** A channel refuses a bad value of an option that it knows, and ignores one that it does not. */
function optionMissing(option) {
  try {
    new Channel({ [option]: Symbol("no value at all") });
  } catch {
    return undefined;
  }
  return `tailcast has no option "${option}" yet`;
}
