// Messages for every client, in NestJS 11 on Express: cd examples/frameworks && node --import tsx nest-express.ts
import "reflect-metadata";
import { Controller, Get, Module, Post, Query, Req, Res } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { Channel, closeOnSignal } from "tailcast";
import type { IncomingMessage, ServerResponse } from "node:http";

const channel = new Channel();

@Controller()
class Messages {
  @Get("messages")
  read(@Req() request: IncomingMessage, @Res() response: ServerResponse): void {
    channel.handle(request, response);
  }

  @Post("messages")
  send(@Query("text") text: string): string {
    return channel.publish(text);
  }

  @Get("clients")
  count(): string {
    return String(channel.clientCount);
  }
}

@Module({ controllers: [Messages] })
class App {}

const app = await NestFactory.create(App, { logger: ["warn", "error"] });
closeOnSignal(app.getHttpServer(), [channel, { close: () => app.close() }], { retry: 1000 }); // on SIGTERM
await app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1");
console.log(await app.getUrl());
