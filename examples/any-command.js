// Steps are data, so anything can be a build: node examples/any-command.js [folder with a Makefile or a Cargo.toml]
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { runBuild } from "tailcast";

const recipes = {
  Makefile: [
    { name: "clean", command: "make", args: ["clean"] },
    { name: "build", command: "make", args: ["--jobs=2"] }, // no shell sees this
  ],
  "Cargo.toml": [{ name: "build", command: "cargo", args: ["build", "--locked"], env: { CARGO_TERM_COLOR: "always" } }],
};

const folder = resolve(process.argv[2] ?? join(import.meta.dirname ?? "examples", "make-project"));
const file = Object.keys(recipes).find((name) => existsSync(join(folder, name)));
if (file === undefined) throw new Error(`${folder} has none of ${Object.keys(recipes).join(", ")}`);

const build = runBuild(recipes[file].map((step) => ({ ...step, cwd: folder })));
for await (const event of build) {
  if (event.type === "line") console.log(`${event.stream.padEnd(6)} | ${event.text}`);
}
const { status } = await build.result;
console.log(`ended: ${status}`);
