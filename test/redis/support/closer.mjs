/** A process that opens and follows a log, and closes everything when its parent says so. It ends automatically. */
import { CLIENTS } from "./clients.mjs";
import { RedisLogs } from "../../../dist/redis/index.js";

const [url, client] = process.argv.slice(2);
const logs = new RedisLogs(CLIENTS[client](url), { timeout: 30_000 });
const log = await logs.open("closer");
const ignore = () => undefined;
log.follow({ onEvents: ignore, onReset: ignore, onComplete: ignore, onFailure: ignore });
await log.publish("text");
await log.read(1).next();
process.send("open");
process.once("message", async () => {
  log.publish("sent").catch(ignore);
  log.refresh().catch(ignore);
  await logs.close();
  process.disconnect();
});
