// Runs before `build`, as npm's "pre" scripts do.
console.log(`\x1b[2mNode ${process.version} on ${process.platform}\x1b[0m`);
