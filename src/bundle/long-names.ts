import { RESERVED } from "./short-names.ts";
import type { Scope } from "./scope.ts";

/** Keeps the name of each binding, for a person who reads the bundle. A number makes a duplicate name unique. */
export function keepNames(modules: readonly Scope[], free: ReadonlySet<string>): void {
  const taken = new Set([...RESERVED, ...free]);
  const add = (scope: Scope): void => {
    for (const binding of scope.declared) {
      for (let count = 2; taken.has(binding.newName); count++) binding.newName = `${binding.name}${count}`;
      taken.add(binding.newName);
    }
    scope.inner.forEach(add);
  };
  modules.forEach(add);
}
