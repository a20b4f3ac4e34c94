import type { Lifetime } from "../support/lifetime.js";

/** Sets a variable of this process's environment until the end of the test. */
export function setVariable(t: Lifetime, name: string, value: string): void {
  const former = process.env[name];
  process.env[name] = value;
  t.after(() => {
    if (former === undefined) delete process.env[name];
    else process.env[name] = former;
  });
}
