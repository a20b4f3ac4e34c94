// The output of make in every browser, with the build runner and one channel: node examples/stream-make.js [folder]
import { createServer } from "node:http";
import { join, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { BuildQueue, Channel } from "tailcast";

const folder = resolve(process.argv[2] ?? join(import.meta.dirname ?? "examples", "make-project"));
const channel = new Channel({ backlog: "all" }); // a new browser gets every line
const queue = new BuildQueue({
  onEvent(event) {
    if (event.type === "line") channel.publish({ event: "line", data: stripVTControlCharacters(event.text) });
    if (event.type !== "end") return;
    channel.publish({ event: "end", data: event.build.status });
    channel.end();
  },
});

const server = createServer((request, response) => {
  if (request.url === "/log") return channel.handle(request, response);
  response.setHeader("Content-Type", "text/html");
  response.end(`<pre></pre><script>
    const source = new EventSource("/log");
    const show = ({ data }) => document.querySelector("pre").append(data + "\\n");
    source.addEventListener("line", show);
    source.addEventListener("end", (event) => { show(event); source.close(); });
  </script>`);
});
server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
  queue.add({
    projectPath: folder,
    projectName: "make",
    packageManager: null,
    reason: "a Makefile",
    warnings: [],
    steps: [{ name: "build", command: "make", args: ["--always-make"], cwd: folder }],
  });
});
process.once("SIGTERM", async () => {
  server.close();
  await queue.close(); // stops make, if it still runs
  await channel.close();
});
