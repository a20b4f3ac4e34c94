// The answer of a model, token by token, to the client that asked: node examples/token-stream.js
import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { sendEventStream } from "tailcast";

/** Stands for a model. It stops when the client leaves, since `signal` is aborted then. */
async function* askModel(question, signal) {
  try {
    for (const token of `You asked: ${question}\nI can only repeat it.`.split(/(?<=\s)/)) {
      await delay(Number(process.env.TOKEN_DELAY ?? 100), undefined, { signal });
      yield token;
    }
  } finally {
    console.log(signal.aborted ? "stopped" : "complete");
  }
}

const server = createServer((request, response) => {
  const [path, query] = request.url.split("?");
  if (path === "/answer") {
    const question = new URLSearchParams(query).get("question") ?? "";
    sendEventStream(request, response, async function* ({ signal }) {
      yield* askModel(question, signal);
      yield { event: "done", data: "" };
    }).catch((error) => console.error("Cannot answer:", error)); // the model failed; a client that leaves is no error
  } else {
    response.setHeader("Content-Type", "text/html");
    response.end(`<form><input name="question"><button>Ask</button></form><pre></pre><script>
      document.forms[0].onsubmit = (event) => {
        event.preventDefault();
        const answer = document.querySelector("pre");
        answer.replaceChildren();
        const source = new EventSource("/answer?" + new URLSearchParams(new FormData(event.target)));
        source.onmessage = ({ data }) => answer.append(data);
        source.addEventListener("done", () => source.close()); // otherwise the browser would ask again
        source.onerror = () => source.close();
      };
    </script>`);
  }
});
server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
process.once("SIGTERM", () => server.close()); // answers that have started end first
