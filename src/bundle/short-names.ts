import type { Binding, Scope } from "./scope.ts";

const FIRST = "etnarisoludcmhpfgbvywxkqjzETNARISOLUDCMHPFGBVYWXKQJZ$_";
const OTHER = `${FIRST}0123456789`;

/** Words that no declaration may have as its name. */
export const RESERVED: ReadonlySet<string> = new Set(
  (
    "arguments as async await break case catch class const continue debugger default delete do else enum eval export " +
    "extends false finally for from function get if implements import in instanceof interface let new null of " +
    "package private protected public return set static super switch this throw true try typeof undefined using var " +
    "void while with yield"
  ).split(" "),
);

/**
 * Gives each binding a short name; the most frequent names are the shortest. The name of a binding differs from those
 * of its scope and of every scope around it, so that no name hides another.
 *
 * @param modules - The scopes of the modules.
 * @param free - The names that belong to no module.
 */
export function shortenNames(modules: readonly Scope[], free: ReadonlySet<string>): void {
  // The bindings in a list share a name. Scopes that do not contain each other use the same lists.
  const shared: Binding[][] = [];
  const privates: Binding[][] = [];
  const add = (scope: Scope, first: number, firstPrivate: number): void => {
    let [next, nextPrivate] = [first, firstPrivate];
    for (const binding of scope.declared) {
      if (binding.name.startsWith("#")) (privates[nextPrivate++] ??= []).push(binding);
      else (shared[next++] ??= []).push(binding);
    }
    for (const inner of scope.inner) add(inner, next, nextPrivate);
  };
  for (const module of modules) for (const inner of module.inner) add(inner, 0, 0);
  const own = modules.flatMap((module) => module.declared.map((binding) => [binding]));
  name([...shared, ...own], "", new Set([...RESERVED, ...free]));
  name(privates, "#", new Set(["#constructor"]));
}

function name(lists: readonly (readonly Binding[])[], start: string, taken: ReadonlySet<string>): void {
  const usesOf = (list: readonly Binding[]): number => list.reduce((sum, { uses }) => sum + uses, 0);
  const names = shortNames();
  for (const list of lists.toSorted((a, b) => usesOf(b) - usesOf(a))) {
    let shortName: string;
    do shortName = start + names.next().value;
    while (taken.has(shortName));
    for (const binding of list) binding.newName = shortName;
  }
}

/** Yields every name, the shortest first. */
function* shortNames(): Generator<string, never> {
  for (let number = 0; ; number++) {
    let name = FIRST.charAt(number % FIRST.length);
    let rest = Math.floor(number / FIRST.length);
    for (; rest > 0; rest = Math.floor((rest - 1) / OTHER.length)) name += OTHER.charAt((rest - 1) % OTHER.length);
    yield name;
  }
}
