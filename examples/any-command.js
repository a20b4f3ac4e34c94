// Steps are data, so anything can be a build: node examples/any-command.js
import { BuildQueue } from "tailcast";

const queue = new BuildQueue({
  onEvent(event) {
    if (event.type === "line") console.log(`${event.stream.padEnd(6)} | ${event.text}`);
    if (event.type === "end") console.log(`ended: ${event.build.status}`);
  },
});

queue.add({
  projectPath: process.cwd(),
  projectName: "two commands",
  packageManager: null,
  reason: "described by hand",
  warnings: [],
  steps: [
    { name: "greet", command: "echo", args: ["hello; no shell sees this"], cwd: process.cwd() },
    { name: "count", command: process.execPath, args: ["-e", "for (let n = 3; n > 0; n--) console.log(n)"], cwd: process.cwd() },
  ],
});
