import { isImportDeclaration, isNamedImports, isStringLiteral } from "typescript/unstable/ast";
import { bindNames, unknownSyntax } from "./bind-names.ts";
import { printModule } from "./print-module.ts";
import { Scope } from "./scope.ts";
import { shortenNames } from "./short-names.ts";
import type { ImportDeclaration, Node, SourceFile } from "typescript/unstable/ast";
import type { Binding } from "./scope.ts";

/** Gives each binding a new name. It differs from every free name, and hides no other binding. */
export type Rename = (modules: readonly Scope[], free: ReadonlySet<string>) => void;

interface BoundModule {
  readonly source: SourceFile;
  readonly scope: Scope;
  readonly bindings: ReadonlyMap<Node, Binding>;
}

/**
 * Joins a module and the modules that it imports into one text without imports, and renames their bindings. The
 * modules share one scope, and run in the order of the standard. No module imports itself through others:
 * `test/sources.test.ts` checks that.
 *
 * @param entry - The path of the module.
 * @param sources - Every module, by its path.
 * @param rename - Gives the bindings their new names.
 * @throws When a module has syntax that the compiler does not emit for the page.
 */
export function joinModules(
  entry: string,
  sources: ReadonlyMap<string, SourceFile>,
  rename: Rename = shortenNames,
): string {
  const modules = new Map<string, BoundModule>();
  const free = new Set<string>();
  const add = (path: string): Scope => {
    const known = modules.get(path);
    if (known !== undefined) return known.scope;
    const source = sources.get(path);
    if (source === undefined) throw new Error(`Cannot bundle ${path}: it does not exist`);
    const scope = new Scope();
    for (const statement of source.statements) {
      if (isImportDeclaration(statement)) importNames(statement, source, scope, add);
    }
    const names = bindNames(source, scope);
    for (const name of names.free) free.add(name);
    modules.set(path, { source, scope, bindings: names.bindings });
    return scope;
  };
  add(entry);
  const joined = [...modules.values()];
  rename(joined.map(({ scope }) => scope), free);
  return `${joined.map(({ source, bindings }) => printModule(source, bindings)).join("")}\n`;
}

/** Makes the names of an import visible in a module. */
function importNames(
  statement: ImportDeclaration,
  source: SourceFile,
  scope: Scope,
  add: (path: string) => Scope,
): void {
  const { importClause, moduleSpecifier } = statement;
  const imported = importClause?.namedBindings;
  if (imported === undefined || !isNamedImports(imported) || !isStringLiteral(moduleSpecifier)) {
    throw unknownSyntax(statement, source);
  }
  const exporter = add(new URL(moduleSpecifier.text, `file://${source.fileName}`).pathname);
  for (const { propertyName, name } of imported.elements) {
    const exported = (propertyName ?? name).text;
    const binding = exporter.find(exported);
    if (binding === undefined) {
      throw new Error(`Cannot bundle ${source.fileName}: ${moduleSpecifier.text} has no ${exported}`);
    }
    scope.import(name.text, binding);
  }
}
