// Stands for a real build: colours, a progress line that rewrites itself, a warning on stderr, and time in between.
const { setTimeout: sleep } = require("node:timers/promises");

const modules = ["events", "parser", "ring", "cursor", "queue", "lines", "runner", "routes", "page", "theme", "index"];

async function build() {
  console.log("\x1b[1mCompiling\x1b[0m");
  for (const [index, name] of modules.entries()) {
    const kilobytes = (1 + ((index * 7) % 5) * 1.3).toFixed(1).padStart(5);
    console.log(`  \x1b[32m✓\x1b[0m src/${name.padEnd(8)} \x1b[2m${kilobytes} kB\x1b[0m`);
    await sleep(200);
  }
  console.error("\x1b[33mwarning\x1b[0m theme: two colours are nearly the same");

  for (let percent = 0; percent <= 100; percent += 10) {
    process.stdout.write(`\rMinifying ${String(percent).padStart(3)} %`);
    await sleep(60);
  }
  process.stdout.write("\n");
  console.log(`\x1b[1;32mDone\x1b[0m: ${modules.length} modules`);
}

build();
