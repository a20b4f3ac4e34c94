/** The versions of Node that run each host. */
export const NODE_VERSIONS = ["20", "22", "24", "26"];

/**
 * The programs in `examples` that offer `/messages`, one for each host: a server of a runtime, or a framework.
 *
 * - `title`: the host, as in the table of examples/README.md.
 * - `file`: its program, below `examples`.
 * - `packages`: the packages whose versions the table shows.
 * - `runtime`: the package of another runtime than Node, which runs it instead.
 * - `protocol`: the version of HTTP.
 * - `headers`: headers of the reply that middleware sets.
 * - `exitCode`: the exit code after SIGTERM, if it is not 0.
 * - `stderr`: the text that the host prints to stderr at its end, if it is not empty.
 */
export const HOSTS = [
  { title: "`node:http`", file: "node-http.js" },
  { title: "`node:https`", file: "node-https.js" },
  { title: "`node:http2`", file: "node-http2.js", protocol: "2" },
  { title: "`node:http2` with `allowHTTP1`", file: "node-http2.js" },
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

/** The applications in `examples` that are built first, one folder for each. Their scripts `build` and `start` run. */
export const APPS = [
  { title: "Next", file: "next", packages: ["next"], exitCode: 143 },
  { title: "SvelteKit", file: "sveltekit", packages: ["@sveltejs/kit", "@sveltejs/adapter-node"] },
  {
    title: "React Router",
    file: "react-router",
    packages: ["react-router", "@react-router/serve"],
    // It prints the argument of the callback of `server.close()`.
    stderr: "\n",
  },
];
