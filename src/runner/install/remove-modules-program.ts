/**
 * `node remove-modules-program.js [glob...]`: the step `clean`. It is a program, so that a build can cancel it and the
 * server does not wait for it. The arguments are the workspace list of the working directory.
 */
import { removeModules } from "./remove-modules.ts";

try {
  removeModules(process.cwd(), process.argv.slice(2), (text) => process.stdout.write(`${text}\n`));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
