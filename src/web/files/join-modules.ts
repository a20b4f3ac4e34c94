import { readFileSync } from "node:fs";

/** The statements that the compiler emits for imports and exports of values. */
const IMPORT = /^import \{ ([^}]+) \} from "([^"]+)";$/gm;
const EXPORT = /^export ((?:async )?function\*?|class|const) (\w+)/gm;
const NO_EXPORT = /^export \{\};$/gm;

/** Comments that start a line. Modules of src/terminal have them, because other programs import those as well. */
const COMMENT = /^ *(?:\/\*\*[^]*?\*\/|\/\/.*)\n/gm;

/** Without it, the page is a twentieth smaller, compressed. No module has a text of several lines. */
const INDENTATION = /^ +/gm;

const OTHER = /^(?:import|export)\b.*$/m;

/**
 * Joins a compiled module and the modules that it imports into one module without imports. One file is about a third
 * smaller, compressed, than many small ones, and a browser does not wait for one module to find the next.
 *
 * Each module becomes a function, which returns its exports. So names cannot collide, and modules run in the order of
 * the standard. No module imports itself through others: `test/sources.test.ts` holds that.
 *
 * @throws When a module has another form of import or export.
 */
export function joinModules(entry: URL): string {
  const names = new Map<string, string>();
  let joined = "";
  const add = (file: URL): string => {
    const known = names.get(file.href);
    if (known !== undefined) return known;
    const exported: string[] = [];
    const body = readFileSync(file, "utf8")
      .replaceAll(COMMENT, "")
      .replaceAll(INDENTATION, "")
      .replaceAll(IMPORT, (_, imported: string, path: string) => {
        return `const { ${imported.replaceAll(" as ", ": ")} } = ${add(new URL(path, file))};`;
      })
      .replaceAll(EXPORT, (_, kind: string, name: string) => {
        exported.push(name);
        return `${kind} ${name}`;
      })
      .replaceAll(NO_EXPORT, "");
    const [other] = OTHER.exec(body) ?? [];
    if (other !== undefined) throw new Error(`Cannot join ${file.pathname}: unknown statement: ${other}`);
    const name = `module${names.size + 1}`;
    names.set(file.href, name);
    joined += `const ${name} = (() => {\n${body}\nreturn { ${exported.join(", ")} };\n})();\n`;
    return name;
  };
  add(entry);
  return joined;
}
