import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe } from "node:test";
import { connect as connectTls } from "node:tls";
import { makeCertificate } from "../support/certificate.js";
import { dataFolder } from "../support/program.js";
import { playHttp2 } from "./fuzz/http2-client.js";
import { sessionScriptOf } from "./fuzz/http2-grammar.js";
import { fuzzWhileBuilding } from "./fuzz/scene.js";
import { FloodedServer } from "./support/flooded-server.js";
import { scenario } from "./support/scenario.js";
import type { AddressInfo } from "node:net";
import type { Round } from "./support/scenario.js";

/**
 * A module for the server that shortens the interval of its PINGs from 15 s. Before Node 26, some connections whose
 * client has left end only because of these PINGs.
 */
const SHORT_PINGS = `globalThis.setInterval = ((original) => (call, delay, ...rest) =>
  original(call, delay === 15_000 ? 500 : delay, ...rest))(setInterval)`;

/** Relays plain connections to a port that speaks HTTP/1.1 over TLS. Resolves with the port of the relay. */
async function relayTo(round: Round, port: number): Promise<number> {
  const relay = createServer({ allowHalfOpen: true }, (plain) => {
    const tls = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] });
    plain.on("error", () => tls.destroy()).on("close", () => tls.destroy());
    tls.on("error", () => plain.destroy()).on("close", () => plain.destroy());
    plain.pipe(tls).pipe(plain);
  });
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  round.after(() => relay.close());
  return (relay.address() as AddressInfo).port;
}

describe("The program under fuzzed HTTP/2 over TLS", () => {
  scenario("replies and never with 500, loses no line of two builds, and keeps nothing", async (round) => {
    const folder = dataFolder(round);
    const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
    makeCertificate(cert, key, "localhost");
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(SHORT_PINGS)}` };
    const server = await FloodedServer.start(round, env, ["--log-level", "error", "--cert", cert, "--key", key]);
    const { port } = server;
    server.port = await relayTo(round, port);
    await fuzzWhileBuilding(round, server, round.isFull ? 20_000 : 200, async (number, places) => {
      const script = sessionScriptOf(round.seed, number, places);
      try {
        return await playHttp2(script, port);
      } catch (error) {
        throw new Error(`${(error as Error).message}\n${JSON.stringify(script)}`, { cause: error });
      }
    });
  });
});
