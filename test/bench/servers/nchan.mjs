import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { listen } from "../listen.mjs";

/** Debian's path of the module, as `libnginx-mod-nchan` installs it. */
export const NCHAN_MODULE = "/usr/lib/nginx/modules/ngx_nchan_module.so";

/** nginx with nchan, one worker, fed by POSTs that are pipelined on one connection, all of a turn in one write. */
export async function start({ directory, core }) {
  const prefix = join(directory, "nginx");
  await mkdir(prefix);
  const port = await freePort();
  await writeFile(join(prefix, "nginx.conf"), configuration(port));
  const arguments_ = ["-c", core, "nginx", "-p", prefix, "-e", "stderr", "-c", join(prefix, "nginx.conf")];
  const master = spawn("taskset", arguments_, { stdio: ["ignore", "ignore", "inherit"] });
  const worker = await workerOf(master.pid);
  const feed = connect(port, "127.0.0.1");
  await once(feed, "connect");
  feed.resume();
  let turn = "";
  return {
    port,
    pids: [worker],
    publish: (data) => {
      if (turn === "") setImmediate(flush);
      turn += `POST /publish HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${Buffer.byteLength(data)}\r\n\r\n${data}`;
    },
  };

  function flush() {
    feed.write(turn);
    turn = "";
  }
}

const configuration = (port) => `
load_module ${NCHAN_MODULE};
daemon off;
${process.getuid() === 0 ? "user root;" : ""}
worker_processes 1;
worker_rlimit_nofile 20000;
error_log stderr crit;
pid nginx.pid;
events { worker_connections 16000; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  keepalive_requests 100000000;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location = /publish {
      nchan_publisher;
      nchan_channel_id bench;
      nchan_message_buffer_length 1000;
    }
    location / {
      nchan_subscriber eventsource;
      nchan_subscriber_first_message newest;
      nchan_channel_id bench;
    }
  }
}
`;

/** nginx does not tell which port it took, so it must be told one. */
async function freePort() {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, "close");
  return port;
}

/** The process that serves; nginx starts it when it listens. */
async function workerOf(master) {
  for (;;) {
    const children = await readFile(`/proc/${master}/task/${master}/children`, "utf8");
    if (children !== "") return Number(children);
    await sleep(20);
  }
}
