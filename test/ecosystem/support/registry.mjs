import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { promisify } from "node:util";
import { makeFolder } from "./folder.mjs";

const run = promisify(execFile);

/**
 * A registry of npm packages on this machine. It ends with the test.
 *
 * @param packages - The files of each version of each package: `{ left: { "1.0.0": { "index.js": "" } } }`. The fields
 * of `package.json` that are not a name or a version are in the file `package.json`, if there is one.
 * @returns A function that makes the address of the registry as it was before the versions above `newest` appeared.
 */
export async function startRegistry(t, packages) {
  const archives = new Map();
  const manifests = new Map();
  for (const [name, versions] of Object.entries(packages)) {
    for (const [version, files] of Object.entries(versions)) {
      const manifest = { name, version, ...JSON.parse(files["package.json"] ?? "{}") };
      const all = { ...files, "package.json": JSON.stringify(manifest) };
      const entries = Object.entries(all).map(([path, text]) => [`package/${path}`, text]);
      const folder = await makeFolder(t, Object.fromEntries(entries));
      const options = { cwd: folder, encoding: "buffer" };
      const { stdout } = await run("tar", ["--create", "--gzip", "--mode=u+rw", "package"], options);
      archives.set(`/${name}/-/${name}-${version}.tgz`, stdout);
      manifests.set(name, [...(manifests.get(name) ?? []), manifest]);
    }
  }
  let origin;
  const server = createServer((request, response) => {
    const [, newest, path] = /^\/([\d.]+)(\/.*)$/.exec(decodeURIComponent(request.url)) ?? [];
    const archive = archives.get(path);
    const shown = (manifests.get(path?.slice(1)) ?? []).filter(({ version }) => version <= newest);
    if (archive !== undefined) return response.end(archive);
    if (shown.length === 0) return response.writeHead(404).end("{}");
    const versions = shown.map((manifest) => {
      const file = `/${manifest.name}/-/${manifest.name}-${manifest.version}.tgz`;
      const integrity = `sha512-${createHash("sha512").update(archives.get(file)).digest("base64")}`;
      const shasum = createHash("sha1").update(archives.get(file)).digest("hex");
      const dist = { tarball: `${origin}/9.9.9${file}`, integrity, shasum };
      const hasInstallScript = manifest.scripts?.postinstall !== undefined;
      return [manifest.version, { ...manifest, hasInstallScript, dist }];
    });
    const latest = versions.at(-1)[0];
    response.setHeader("content-type", "application/json");
    // Some package managers refuse versions that are a few days old.
    const time = Object.fromEntries(versions.map(([version]) => [version, "2020-01-01T00:00:00.000Z"]));
    const document = { name: path.slice(1), "dist-tags": { latest }, time, versions: Object.fromEntries(versions) };
    response.end(JSON.stringify(document));
  });
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  origin = `http://127.0.0.1:${server.address().port}`;
  return (newest = "9.9.9") => `${origin}/${newest}/`;
}
