// The whole build server inside a server of your own: node examples/embed-builds.js
import { createServer } from "node:http";
import { BuildApp } from "tailcast";

const app = new BuildApp({ roots: [import.meta.dirname ?? "examples"], concurrency: 1 });
const server = createServer((request, response) => {
  if (request.url === "/about") response.end("The page is at /\n");
  else app.handle(request, response);
});
server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
process.once("SIGTERM", async () => {
  server.close();
  await app.close();
});
