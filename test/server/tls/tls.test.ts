import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { Agent, get } from "node:https";
import { join } from "node:path";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { connect } from "node:tls";
import { makeCertificate } from "../../support/certificate.js";
import { Program, dataFolder } from "../../support/program.js";
import type { IncomingMessage } from "node:http";
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from "node:http2";
import type { TestContext } from "node:test";

interface Served {
  readonly program: Program;
  readonly port: number;
  readonly cert: string;
  readonly key: string;
}

async function serve(t: TestContext, options: readonly string[] = []): Promise<Served> {
  const folder = dataFolder(t);
  const cert = join(folder, "cert.pem");
  const key = join(folder, "key.pem");
  makeCertificate(cert, key, "first");
  const program = new Program(t, ["--port", "0", "--cert", cert, "--key", key, ...options]);
  return { program, port: await program.port(), cert, key };
}

function openHttp2(t: TestContext, port: number): ClientHttp2Session {
  const session = connectHttp2(`https://localhost:${port}`, { rejectUnauthorized: false });
  session.on("error", () => undefined);
  t.after(() => session.destroy());
  return session;
}

async function ask(session: ClientHttp2Session, headers: Record<string, string>): Promise<[number, ClientHttp2Stream]> {
  const stream = session.request(headers);
  stream.on("error", () => undefined);
  const [reply] = (await once(stream, "response")) as [IncomingHttpHeaders & { ":status"?: number }];
  return [reply[":status"] ?? 0, stream];
}

/** The name in the certificate that the server shows now. */
async function nameOf(port: number): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const name = String(socket.getPeerCertificate().subject.CN);
  socket.destroy();
  return name;
}

describe("server: TLS", () => {
  it("prints an https address, and serves HTTP/1.1 and HTTP/2 with twenty streams on one connection", async (t) => {
    const { program, port } = await serve(t);
    assert.equal(program.stdout, `https://127.0.0.1:${port}\n`);
    const agent = new Agent({ rejectUnauthorized: false });
    const [reply] = (await once(get({ port, path: "/healthz", agent }), "response")) as [IncomingMessage];
    reply.resume();
    assert.deepEqual([reply.statusCode, reply.httpVersion], [200, "1.1"]);
    agent.destroy();

    const session = openHttp2(t, port);
    const streams = await Promise.all(
      Array.from({ length: 20 }, () => ask(session, { ":path": "/api/log/push", accept: "text/event-stream" })),
    );
    for (const [status, stream] of streams) {
      assert.equal(status, 200);
      assert.match(String((await once(stream, "data"))[0]), /^retry: \d+\n/);
    }
    program.child.kill("SIGTERM");
    await Promise.all(streams.map(([, stream]) => once(stream, "close")));
    assert.equal(await program.ended, 0);
  });

  it("guards the host and the origin of HTTP/2", async (t) => {
    const { port } = await serve(t);
    const session = openHttp2(t, port);
    const status = async (headers: Record<string, string>): Promise<number> => {
      const [found, stream] = await ask(session, headers);
      stream.close();
      return found;
    };
    assert.equal(await status({ ":path": "/healthz" }), 200);
    assert.equal(await status({ ":path": "/healthz", ":authority": "evil.example" }), 403);
    assert.equal(await status({ ":path": "/healthz", host: "evil.example" }), 403);
    const own = `localhost:${port}`;
    assert.equal(await status({ ":path": "/healthz", ":authority": own, host: "evil.example" }), 400);
    assert.equal(await status({ ":path": "/healthz", origin: `https://localhost:${port}` }), 200);
    assert.equal(await status({ ":path": "/healthz", origin: `http://localhost:${port}` }), 403);
  });

  it("reads the certificate again on SIGHUP, and keeps it when the new one is bad", async (t) => {
    const { program, port, cert, key } = await serve(t);
    assert.equal(await nameOf(port), "first");
    makeCertificate(cert, key, "second");
    program.child.kill("SIGHUP");
    while (!program.stderr.includes("was read again")) await once(program.child.stderr, "data");
    assert.equal(await nameOf(port), "second");
    writeFileSync(cert, "no certificate");
    program.child.kill("SIGHUP");
    while (!program.stderr.includes("keeps the certificate")) await once(program.child.stderr, "data");
    assert.equal(await nameOf(port), "second");
  });

  it("reports a new or bad certificate once, when SIGHUP comes before the change of the file is seen", async (t) => {
    const { program, cert, key } = await serve(t);
    makeCertificate(cert, key, "second");
    program.child.kill("SIGHUP");
    while (!program.stderr.includes("was read again")) await once(program.child.stderr, "data");
    writeFileSync(cert, "no certificate");
    program.child.kill("SIGHUP");
    while (!program.stderr.includes("keeps the certificate")) await once(program.child.stderr, "data");
    // The files are checked every two seconds.
    await delay(3000);
    assert.equal(program.stderr.match(/was read again/g)?.length, 1);
    assert.equal(program.stderr.match(/keeps the certificate/g)?.length, 1);
  });

  it("reads the certificate again when its file changes, and keeps it when the new one is bad", async (t) => {
    const { program, port, cert, key } = await serve(t);
    makeCertificate(cert, key, "second");
    while (!program.stderr.includes("was read again")) await once(program.child.stderr, "data");
    assert.equal(await nameOf(port), "second");
    writeFileSync(key, "no key");
    while (!program.stderr.includes("keeps the certificate")) await once(program.child.stderr, "data");
    assert.equal(await nameOf(port), "second");
  });

  it("ends connections that send no request, and requests whose head is slow", async (t) => {
    const { port } = await serve(t);
    const session = openHttp2(t, port);
    await once(session, "connect");
    const slow = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] });
    slow.on("error", () => undefined).resume();
    await once(slow, "secureConnect");
    slow.write("GET / HTTP/1.1\r\n");
    await Promise.all([once(session, "close"), once(slow, "close")]);
  });

  it("exits with 2 for a file that is not a certificate", async (t) => {
    const program = new Program(t, ["--port", "0", "--cert", "/etc/hostname", "--key", "/etc/hostname"]);
    assert.equal(await program.ended, 2);
    assert.match(program.stderr, /^tailcast: Cannot use --cert \/etc\/hostname with --key \/etc\/hostname: /);
  });
});
