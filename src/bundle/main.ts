import { buildPage } from "./build-page.ts";

const folder = (path: string): URL => new URL(`../../${path}/`, import.meta.url);

buildPage({
  sources: folder("src/page"),
  modules: { page: folder("dist/page"), terminal: folder("dist/terminal") },
  target: folder("dist/assets"),
});
