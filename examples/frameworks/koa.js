// Messages for every client, in Koa 3: node examples/frameworks/koa.js
import Router from "@koa/router";
import Koa from "koa";
import { Channel, closeOnSignal } from "tailcast";

const channel = new Channel();
const router = new Router();
router.get("/messages", (context) => {
  context.respond = false; // the channel answers
  channel.handle(context.req, context.res);
});
router.post("/messages", (context) => void (context.body = channel.publish(String(context.query.text))));
router.get("/clients", (context) => void (context.body = String(channel.clientCount)));

const app = new Koa().use(router.routes());
app.on("error", (error) => error.code !== "ECONNRESET" && console.error(error)); // the client has left
const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
closeOnSignal(server, channel, { retry: 1000 }); // on SIGTERM
