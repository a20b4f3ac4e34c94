// The whole build server inside your own server: node examples/embed-builds.js
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { BuildApp, closeOnSignal } from "tailcast";

const app = await BuildApp.open({ roots: [import.meta.dirname ?? "examples"], concurrency: 1, plan: planMake });
const server = createServer((request, response) => {
  if (request.url === "/about") response.end("The page is at /\n");
  else app.handle(request, response);
});
closeOnSignal(server, app); // on SIGTERM; cancels running builds
server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});

/** Describes a project without package.json as a list of steps: try it with the path "make-project". */
function planMake({ path }) {
  if (!existsSync(`${path}/Makefile`)) return undefined; // its package.json is used
  const step = { name: "build", command: "make", args: ["--always-make"], cwd: path };
  const reason = "make, because Makefile is there";
  return { projectPath: path, projectName: "make", packageManager: null, reason, warnings: [], steps: [step] };
}
