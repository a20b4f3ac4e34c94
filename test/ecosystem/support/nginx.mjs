import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "./folder.mjs";
import { freePort, listens } from "./ports.mjs";
import { until } from "./until.mjs";

const EXECUTABLE = "/usr/sbin/nginx";

/**
 * The proxy as Debian ships it: it speaks HTTP/1.0 to the server behind it, buffers, and compresses, here everything.
 * Below `/kept-alive/` it speaks HTTP/1.1 instead, below `/impatient/` it cuts what is silent for two seconds, and
 * below `/deaf/` it ignores that it is asked not to buffer.
 */
const configuration = (port, upstream, root) => `
daemon off;
master_process off;
pid nginx.pid;
error_log stderr emerg;
events {}
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  gzip on;
  gzip_types *;
  gzip_min_length 0;
  upstream server { server 127.0.0.1:${upstream}; keepalive 8; }
  server {
    listen 127.0.0.1:${port};
    ${root ?? `location / { proxy_pass http://127.0.0.1:${upstream}; }`}
    location /kept-alive/ {
      proxy_pass http://server/;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
    location /impatient/ { proxy_pass http://127.0.0.1:${upstream}/; proxy_read_timeout 2s; }
    location /deaf/ { proxy_pass http://127.0.0.1:${upstream}/; proxy_ignore_headers X-Accel-Buffering; }
  }
}
`;

/**
 * Starts nginx before the server on port `upstream`; it ends with the test. Resolves with its address.
 *
 * @param root - The block of its configuration for `/`. Default: everything goes to the server.
 */
export async function startNginx(t, upstream, root) {
  assert.ok(existsSync(EXECUTABLE), `these tests need nginx: install ${EXECUTABLE} (Debian: apt-get install nginx)`);
  const port = await freePort();
  const folder = await makeFolder(t, { "nginx.conf": configuration(port, upstream, root) });
  const child = spawn(EXECUTABLE, ["-p", folder, "-e", "stderr", "-c", join(folder, "nginx.conf")], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = once(child, "close");
  t.after(async () => {
    child.kill("SIGTERM");
    await ended;
  });
  await until(async () => child.exitCode !== null || (await listens(port)));
  assert.equal(child.exitCode, null, "nginx ended before it listened");
  return `http://127.0.0.1:${port}`;
}
