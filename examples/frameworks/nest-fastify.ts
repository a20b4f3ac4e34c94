// Messages for every client, in NestJS 11 on Fastify: cd examples/frameworks && node --import tsx nest-fastify.ts
import "reflect-metadata";
import { Controller, Get, Module, Post, Query, Req, Res } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import { Channel, closeOnSignal } from "tailcast";
import type { FastifyReply, FastifyRequest } from "fastify";

const channel = new Channel();

@Controller()
class Messages {
  @Get("messages")
  read(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    for (const [name, value] of Object.entries(reply.getHeaders())) reply.raw.setHeader(name, value ?? "");
    reply.hijack(); // the channel answers
    channel.handle(request.raw, reply.raw);
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

const app = await NestFactory.create(App, new FastifyAdapter(), { logger: ["warn", "error"] });
app.enableCors({ origin: "https://app.example", credentials: true });
closeOnSignal(app.getHttpServer(), [channel, { close: () => app.close() }], { retry: 1000 }); // on SIGTERM
await app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1");
console.log(await app.getUrl());
