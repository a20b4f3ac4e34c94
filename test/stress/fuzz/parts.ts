/** The places of a server that requests name, and bodies that are sent to them. */
export interface Places {
  /** A build that runs meanwhile. No request may cancel it. */
  readonly watched: string;
  /** A build that requests may cancel and run again. */
  readonly free: string;
  readonly bodies: readonly string[];
}

/** A request that the server can read. */
export interface ValidRequest {
  readonly method: string;
  readonly text: string;
}

/** The bodies of builds: valid ones for a project, and others. */
export function bodiesFor(project: string): string[] {
  return [
    JSON.stringify({ projectPath: project }),
    `projectPath=${encodeURIComponent(project)}`,
    JSON.stringify({ projectPath: project, script: "nothing" }),
    JSON.stringify({ projectPath: `${project}/../../../etc` }),
    JSON.stringify({ projectPath: [project], script: 7 }),
    JSON.stringify({ projectPath: `${project}\0`, __proto__: { a: 1 } }),
    '{"projectPath":"\\ud800"}',
    '{"projectPath":',
    "[]",
    "null",
    "",
    "\xff\xfe{}",
    `{"projectPath":${"[".repeat(20_000)}`,
    `projectPath=%ff%fe&${"a=b&".repeat(5000)}`,
    "x".repeat(70_000),
  ];
}

const valid = (method: string, target: string, ...headers: string[]): ValidRequest => {
  return { method, text: [`${method} ${target} HTTP/1.1`, "Host: localhost", ...headers, "", ""].join("\r\n") };
};

const post = (target: string, body: string): ValidRequest => {
  const { text } = valid("POST", target, "Content-Type: application/json", `Content-Length: ${body.length}`);
  return { method: "POST", text: text + body };
};

/** One request for each kind of reply. */
export function validRequests({ watched, free, bodies: [body = ""] }: Places): ValidRequest[] {
  const events = `/api/builds/${watched}/events`;
  return [
    valid("GET", "/"),
    valid("HEAD", "/"),
    valid("GET", "/page/main.js", "Accept-Encoding: gzip"),
    valid("GET", "/page/missing.js"),
    valid("GET", "/page/style.css", "If-None-Match: *"),
    valid("GET", "/api/session"),
    valid("GET", "/api/projects"),
    valid("GET", "/api/builds?limit=3"),
    valid("HEAD", "/api/builds"),
    valid("GET", `/api/builds/${watched}`),
    valid("GET", `/api/builds/${watched}/log`),
    valid("GET", `/api/builds/${watched}/log?ansi`),
    valid("HEAD", `/api/builds/${watched}/log`),
    valid("GET", events),
    valid("GET", events, `Last-Event-ID: ${watched}-7`, "Accept-Encoding: gzip"),
    valid("GET", events, "Last-Event-ID: other-7"),
    valid("HEAD", events),
    valid("GET", "/api/log/push"),
    valid("GET", "/api/log/push?padding=1", "Accept: text/event-stream"),
    valid("GET", "/metrics"),
    valid("GET", "/healthz"),
    valid("OPTIONS", "/api/builds"),
    valid("PUT", "/api/builds"),
    valid("GET", "/nothing"),
    valid("POST", `/api/builds/${free}/cancel`, "Content-Length: 0"),
    valid("POST", `/api/builds/${free}/rerun`, "Content-Length: 0"),
    valid("POST", "/api/builds/none/cancel", "Content-Length: 0"),
    post("/api/project/build", body),
    post("/api/project/build", '{"projectPath":"/nowhere"}'),
    post("/api/session", '{"token":"guess"}'),
  ];
}

export const METHODS: readonly string[] = [
  "PUT",
  "PATCH",
  "TRACE",
  "CONNECT",
  "PROPFIND",
  "QUERY",
  "M-SEARCH",
  "get",
  "G ET",
  "",
  "\0",
  "GE\rT",
  "A".repeat(9000),
  "PRI",
];

export const VERSIONS: readonly string[] = [
  "HTTP/1.0",
  "HTTP/1.0",
  "HTTP/0.9",
  "HTTP/1.2",
  "HTTP/2.0",
  "http/1.1",
  "",
  "HTTP/1.1 x",
];

/** @returns Targets that name no route with which a request could cancel the watched build. */
export function TARGETS({ watched, free }: Places): string[] {
  const own = ["", "/events", "/log", "/log?ansi=1", "/nothing"].map((end) => `/api/builds/${watched}${end}`);
  const others = ["/cancel", "/rerun"].flatMap((end) => [`/api/builds/${free}${end}`, `/api/builds/__proto__${end}`]);
  return [
    ...own,
    ...others,
    "/",
    "/healthz",
    "/metrics",
    "/api/log/push",
    "/api/session",
    "/api/projects",
    "/api/project/build",
    "/api/builds",
    "/page/main.js",
    "/page/",
    "/page/style.css",
    "/page/controls.js",
    "*",
    "",
    "//",
    "///healthz",
    "/healthz/",
    "/HEALTHZ",
    "/healthz#part",
    "/healthz?",
    "/?code=guess",
    "/?code",
    "?",
    "/../../etc/passwd",
    "/page/../../package.json",
    "/page/..%2f..%2fpackage.json",
    "/page/%2e%2e/%2e%2e/server.js",
    "/page/\\..\\server.js",
    "/page//etc/passwd",
    "/page/%00main.js",
    "/page/main.js%00.css",
    "/page/a\xe9",
    "/%",
    "/%00",
    "/%ff%fe",
    "/api/builds/%",
    "/api/builds/%ff",
    "/api/builds/..",
    "/api/builds/%2f",
    "/api/builds/a%0ab",
    "/api/builds/constructor",
    "/api/builds/toString/log",
    `/api/builds/${"a".repeat(6000)}`,
    `/${"a/".repeat(4000)}`,
    `/healthz?${"a=b&".repeat(3000)}`,
    "/api/builds?limit=-1",
    "/api/builds?limit=1e9&offset=NaN",
    "/api/builds?limit=1&limit=2",
    "/api/builds?status=none&before=x",
    "/api/log/push?lastEventId=",
    "/api/log/push?lastEventId=a%00b&lastEventId=c",
    "http://localhost/healthz",
    "HTTP://LOCALHOST/healthz",
    "http://evil.example/healthz",
    "http://localhost:1/",
    "http:///",
    "http://localhost",
    "https://localhost/api/builds",
    "http://user@localhost/",
    "ftp://localhost/",
    "localhost:80",
    "healthz",
    "/a b",
    "/a\tb",
    "/healthz\x01",
    "/\xe9",
    "/\x7f",
  ];
}

export const BODY_TYPES: readonly string[] = [
  "application/json",
  "application/json",
  "application/x-www-form-urlencoded",
  "application/json; charset=latin1",
  "text/plain",
  "multipart/form-data",
  "",
  ";",
  "APPLICATION/JSON ; x",
];

export const LENGTHS: readonly string[] = [
  "-1",
  "+5",
  "0x10",
  "1e3",
  "5, 5",
  "5, 6",
  "99999999999999999999",
  "1048576",
  "",
  "5 ",
  "05",
  "a",
];

export const CODINGS: readonly string[] = [
  "chunked",
  "chunked",
  "gzip, chunked",
  "chunked, chunked",
  "xchunked",
  "identity",
  "Chunked",
  "\tchunked",
  "chunked, identity",
  "",
];

/** @returns Lines of a head, valid or not. */
export function HEADERS({ watched }: Places): string[] {
  return [
    "Host: localhost",
    "Host: evil.example",
    "Host: 127.0.0.1:99999",
    "Host:",
    "Host: [::1]",
    "Host: a b",
    "Host: localhost, localhost",
    "Connection: close",
    "Connection: keep-alive",
    "Connection: upgrade",
    "Connection: Host",
    "Connection: close, keep-alive",
    "Upgrade: websocket",
    "Upgrade: h2c",
    "HTTP2-Settings: AAMAAABkAAQAAP__",
    "Expect: 100-continue",
    "Expect: 200-ok",
    "Expect:",
    "Accept: text/event-stream",
    "Accept: application/json",
    "Accept: ,;q=;,",
    "Accept: text/html;q=0",
    "Accept: */*;q=nan",
    "Accept-Encoding: gzip",
    "Accept-Encoding: gzip;q=0, *",
    "Accept-Encoding: ;;;",
    `Accept-Encoding: ${"gzip,".repeat(500)}`,
    `Last-Event-ID: ${watched}-3`,
    `Last-Event-ID: ${watched}-99999999999999999999`,
    `Last-Event-ID: ${watched}--1`,
    "Last-Event-ID: \xff\xfe",
    "Last-Event-ID:",
    `Last-Event-ID: ${"9".repeat(4000)}`,
    "Last-Event-ID: a\tb",
    "Origin: null",
    "Origin: http://evil.example",
    "Origin: http://localhost",
    "Origin: \xe9",
    "Sec-Fetch-Site: cross-site",
    "Sec-Fetch-Site: same-origin",
    "Access-Control-Request-Method: POST",
    "Access-Control-Request-Headers: ,,x",
    "Authorization: Bearer",
    "Authorization: Bearer \xe9",
    "Authorization: Basic YTpi",
    "Cookie: =; ;a",
    "Cookie: tailcast=a; tailcast=b",
    `Cookie: ${"tailcast_session=x; ".repeat(300)}`,
    "X-Forwarded-For: 1.2.3.4",
    "X-Forwarded-For: \xe9",
    "Forwarded: for=;;",
    "If-None-Match: *",
    'If-None-Match: W/"a", "b',
    "If-Modified-Since: never",
    "Range: bytes=0-0",
    "Range: bytes=-1,5-",
    "TE: trailers",
    "Trailer: Host",
    "Content-Length: 0",
    "Content-Length: 5",
    "Transfer-Encoding: chunked",
    "Date: x",
    " folded: line",
    "\tfolded",
    "no colon",
    ": no name",
    "Bad Name: x",
    "Name : x",
    "X-Nul: a\0b",
    "X-Bell: \x07",
    "X-High: \xff",
    "X-CR: a\rb",
    `X-Long: ${"v".repeat(20_000)}`,
    `${"N".repeat(9000)}: x`,
    "__proto__: x",
    "constructor: x",
    "X-Request-Id: mine",
  ];
}
