import { buildPage } from "./build-page.ts";
import { keepNames } from "./long-names.ts";
import { shortenNames } from "./short-names.ts";

const folder = (path: string): URL => new URL(`../../${path}/`, import.meta.url);

const folders = {
  sources: folder("src/page"),
  modules: { page: folder("dist/page"), terminal: folder("dist/terminal") },
  target: folder("dist/assets"),
};
buildPage(folders, process.argv.includes("--readable") ? keepNames : shortenNames);
