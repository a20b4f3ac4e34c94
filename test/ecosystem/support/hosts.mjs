import { readFileSync } from "node:fs";

/** The versions of Node to run a program with. */
const ALL_VERSIONS = ["20", "22", "24", "26"];
const OLDEST_AND_NEWEST = ["20", "26"];

/**
 * The programs in `examples` that offer `/messages`, one for each host: a server of a runtime, or a framework.
 *
 * - `title`: the host, as in the table of examples/README.md.
 * - `file`: its program, below `examples`.
 * - `packages`: the packages whose versions the table shows.
 * - `versions`: the versions of Node to run it with, instead of that of the tests.
 * - `runtime`: the package of another runtime than Node.
 * - `protocol`: the version of HTTP.
 * - `headers`: headers of the reply that middleware sets.
 */
export const HOSTS = [
  { title: "`node:http`", file: "node-http.js", versions: ALL_VERSIONS },
  { title: "`node:https`", file: "node-https.js", versions: OLDEST_AND_NEWEST },
  { title: "`node:http2`", file: "node-http2.js", versions: ALL_VERSIONS, protocol: "2" },
  { title: "`node:http2` with `allowHTTP1`", file: "node-http2.js", versions: OLDEST_AND_NEWEST },
  { title: "`node:http` in Bun", file: "node-http.js", runtime: "bun" },
  { title: "`Bun.serve`", file: "bun.js", runtime: "bun" },
  { title: "`node:http` in Deno", file: "node-http.js", runtime: "deno" },
  { title: "`Deno.serve`", file: "deno.js", runtime: "deno" },
  { title: "Express", file: "frameworks/express.js", packages: ["express"] },
  {
    title: "Express with middleware",
    file: "frameworks/express-middleware.js",
    packages: ["express", "compression", "cors", "express-session", "helmet", "morgan"],
    headers: {
      "access-control-allow-origin": /^https:\/\/app\.example$/,
      "set-cookie": /^connect\.sid=/,
      "strict-transport-security": /max-age/,
    },
  },
  { title: "Koa", file: "frameworks/koa.js", packages: ["koa", "@koa/router"] },
  {
    title: "Fastify",
    file: "frameworks/fastify.js",
    packages: ["fastify", "@fastify/cors"],
    headers: {
      "access-control-allow-credentials": /^true$/,
      "access-control-allow-origin": /^https:\/\/app\.example$/,
    },
  },
  { title: "Hono", file: "frameworks/hono.js", packages: ["hono", "@hono/node-server"] },
  { title: "h3", file: "frameworks/h3.js", packages: ["h3"] },
  {
    title: "NestJS on Express",
    file: "frameworks/nest-express.ts",
    packages: ["@nestjs/core", "@nestjs/platform-express"],
  },
  {
    title: "NestJS on Fastify",
    file: "frameworks/nest-fastify.ts",
    packages: ["@nestjs/core", "@nestjs/platform-fastify"],
    headers: {
      "access-control-allow-credentials": /^true$/,
      "access-control-allow-origin": /^https:\/\/app\.example$/,
    },
  },
];

const FRAMEWORKS = new URL("../../../examples/frameworks/package.json", import.meta.url);
const ECOSYSTEM = new URL("../package.json", import.meta.url);

/**
 * Returns the table of examples/README.md.
 *
 * @param passed - Whether a host has passed a check with each version of Node.
 */
export function hostTable(checks, passed) {
  const { dependencies } = JSON.parse(readFileSync(FRAMEWORKS, "utf8"));
  const { devDependencies: runtimes } = JSON.parse(readFileSync(ECOSYSTEM, "utf8"));
  const rows = HOSTS.map((host) => {
    const packages = host.packages?.map((name) => `${name} ${dependencies[name]}`) ?? [];
    const runtime = host.runtime === undefined ? nodeOf(host) : `${host.runtime} ${runtimes[host.runtime]}`;
    const results = checks.map((check) => {
      if (check.appliesTo?.(host) === false) return "";
      return passed(host, check) ? "yes" : "no";
    });
    return [host.title, packages.join(", "), runtime, `[${host.file}](${host.file})`, ...results];
  });
  const head = ["host", "version", "runtime", "program", ...checks.map(({ title }) => title)];
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

function nodeOf({ versions }) {
  return versions === undefined ? "Node" : `Node ${versions.join(", ")}`;
}
