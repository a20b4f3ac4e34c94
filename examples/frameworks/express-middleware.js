// Messages in Express 5 behind the usual middleware: node examples/frameworks/express-middleware.js
import compression from "compression";
import cors from "cors";
import express from "express";
import session from "express-session";
import helmet from "helmet";
import morgan from "morgan";
import { Channel, closeOnSignal } from "tailcast";

const channel = new Channel({ compress: true }); // `compression` does not touch event streams, so the channel does it
const app = express();
app.use(morgan(":method :url", { immediate: true })); // otherwise it logs streams when they end
app.use(helmet());
app.use(cors({ origin: "https://app.example", credentials: true }));
app.use(compression());
app.use(session({ secret: process.env.SECRET ?? "for examples only", resave: false, saveUninitialized: true }));
app.get("/messages", (request, response) => void channel.handle(request, response, { data: request.sessionID }));
app.post("/messages", (request, response) => void response.send(channel.publish(String(request.query.text))));
app.get("/clients", (request, response) => void response.send(String(channel.clientCount)));

const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
closeOnSignal(server, channel, { retry: 1000 }); // on SIGTERM
