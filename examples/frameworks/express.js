// Messages for every client, in Express 5: node examples/frameworks/express.js
import express from "express";
import { Channel, closeOnSignal } from "tailcast";

const channel = new Channel();
const app = express();
app.get("/messages", (request, response) => void channel.handle(request, response));
app.post("/messages", (request, response) => void response.send(channel.publish(String(request.query.text))));
app.get("/clients", (request, response) => void response.send(String(channel.clientCount)));

const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
closeOnSignal(server, channel, { retry: 1000 }); // on SIGTERM
