// The output of make in every browser, with the build runner and one channel: node examples/stream-make.js [folder]
import { createServer } from "node:http";
import { join, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { Channel, closeOnSignal, runBuild } from "tailcast";

const folder = resolve(process.argv[2] ?? join(import.meta.dirname ?? "examples", "make-project"));
const channel = new Channel({ backlog: "all" }); // a new browser gets every line
const stop = new AbortController();

async function make() {
  const steps = [{ name: "build", command: "make", args: ["--always-make"], cwd: folder }];
  const build = runBuild(steps, { signal: stop.signal });
  for await (const event of build) {
    if (event.type === "line") channel.publish({ event: "line", data: stripVTControlCharacters(event.text) });
  }
  channel.publish({ event: "end", data: (await build.result).status });
  channel.end();
}

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
});
const made = make();
closeOnSignal(server, { // on SIGTERM
  async close() {
    stop.abort(); // if make still runs
    await made;
    await channel.close();
  },
});
