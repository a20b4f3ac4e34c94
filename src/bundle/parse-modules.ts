import { API } from "typescript/unstable/sync";
import type { SourceFile } from "typescript/unstable/ast";

const PROJECT = "/tsconfig.json";
const OPTIONS = { allowJs: true, noLib: true, noResolve: true, types: [], module: "esnext", target: "esnext" };

/**
 * Parses modules with the compiler.
 *
 * @param texts - The text of each module, by its path. A path begins with `/`, and need not exist on the disk.
 * @throws When a module has a syntax error.
 */
export function parseModules(texts: ReadonlyMap<string, string>): Map<string, SourceFile> {
  const project = JSON.stringify({ compilerOptions: OPTIONS, files: [...texts.keys()] });
  const api = new API({
    fs: {
      readFile: (path) => (path === PROJECT ? project : (texts.get(path) ?? null)),
      fileExists: (path) => path === PROJECT || texts.has(path),
      directoryExists: () => true,
      getAccessibleEntries: () => ({ files: [], directories: [] }),
      realpath: (path) => path,
    },
  });
  try {
    const program = api.updateSnapshot({ openProjects: [PROJECT] }).getProject(PROJECT)?.program;
    const modules = new Map<string, SourceFile>();
    for (const path of texts.keys()) {
      const [problem] = program?.getSyntacticDiagnostics(path) ?? [];
      const module = program?.getSourceFile(path);
      if (problem !== undefined || module === undefined) {
        throw new Error(`Cannot parse ${path}: ${problem?.text ?? "the compiler does not know the file"}`);
      }
      modules.set(path, module);
    }
    return modules;
  } finally {
    api.close();
  }
}
