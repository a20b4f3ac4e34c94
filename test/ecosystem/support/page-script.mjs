/** Preloaded into a server: its pages run the script that their `?script=` names, as the pages of `WebServer` do. */
import { ServerResponse } from "node:http";

const { end } = ServerResponse.prototype;

ServerResponse.prototype.end = function (body, ...rest) {
  const script = new URL(this.req.url, "http://localhost").searchParams.get("script");
  return end.call(this, script === null ? body : `${body}<script src="${script}"></script>`, ...rest);
};
