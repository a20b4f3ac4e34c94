import { delimiter } from "node:path";
import type { Option } from "../../command.ts";

/** The name of an option of the server without its dashes. */
export type Flag =
  | "port"
  | "host"
  | "root"
  | "concurrency"
  | "queue-limit"
  | "timeout"
  | "silence"
  | "nice"
  | "pids"
  | "cgroup"
  | "output"
  | "color"
  | "env"
  | "env-from"
  | "node-path"
  | "grace"
  | "data"
  | "projects"
  | "notify"
  | "notify-secret-file"
  | "keep"
  | "keep-size"
  | "log-limit"
  | "mask"
  | "cert"
  | "key"
  | "max-clients"
  | "max-clients-per-address"
  | "max-requests-per-address"
  | "log-level"
  | "log-format"
  | "heartbeat"
  | "capacity"
  | "token"
  | "token-file"
  | "viewer-token"
  | "viewer-token-file"
  | "session-lifetime"
  | "read-only"
  | "allowed-origin"
  | "allow-credentials"
  | "trust-proxy";

/** An option of the server. Each of them has a variable. */
export type ServerOption = Option<Flag> & { readonly variable: string };

const LIST = "repeatable, in the variable separated by";

/** Every option of the server, in the order of the help. Defaults are in parentheses. */
export const OPTIONS: readonly ServerOption[] = [
  { flag: "port", variable: "PORT", value: "N", help: "port to listen on; 0 picks a free port (3000)" },
  {
    flag: "host",
    variable: "HOST",
    value: "ADDRESS",
    help: "address to listen on; any but a loopback address needs a token (127.0.0.1)",
  },
  {
    flag: "root",
    variable: "TAILCAST_ROOT",
    value: "DIR",
    help: `build only projects in or below DIR; ${LIST} "${delimiter}" (working directory)`,
    multiple: true,
  },
  { flag: "concurrency", variable: "TAILCAST_CONCURRENCY", value: "N", help: "maximum number of running builds (2)" },
  { flag: "queue-limit", variable: "TAILCAST_QUEUE_LIMIT", value: "N", help: "maximum number of queued builds (20)" },
  {
    flag: "timeout",
    variable: "TAILCAST_TIMEOUT",
    value: "SECONDS",
    help: "time limit of a build; 0: no limit (1800)",
  },
  {
    flag: "silence",
    variable: "TAILCAST_SILENCE",
    value: "SECONDS",
    help: "stop a build that prints nothing for this time; 0: no limit (0)",
  },
  { flag: "nice", variable: "TAILCAST_NICE", value: "N", help: "niceness of builds, 0 to 19 (0)" },
  {
    flag: "pids",
    variable: "TAILCAST_PIDS",
    value: "N",
    help: "maximum number of processes and threads of a build; needs a cgroup; 0: no limit (0)",
  },
  {
    flag: "cgroup",
    variable: "TAILCAST_CGROUP",
    value: "DIR",
    help: "run builds in cgroups below DIR; auto: below that of the systemd unit (off; with --pids, auto)",
  },
  {
    flag: "output",
    variable: "TAILCAST_OUTPUT",
    value: "MODE",
    help: '"merged": stdout and stderr in the order of writing; "separate": each line has its stream (merged)',
  },
  {
    flag: "color",
    variable: "TAILCAST_COLOR",
    value: "",
    help: "ask programs to colour their output, even where a script captures it; in the variable: 1 (off)",
  },
  {
    flag: "env",
    variable: "TAILCAST_ENV",
    value: "NAME=VALUE",
    help: `set a variable in every build; logs hide its value; ${LIST} line breaks (none)`,
    multiple: true,
  },
  {
    flag: "env-from",
    variable: "TAILCAST_ENV_FROM",
    value: "FILE",
    help: `set the variables in FILE, one NAME=VALUE on each line; ${LIST} "${delimiter}" (none)`,
    multiple: true,
  },
  {
    flag: "node-path",
    variable: "TAILCAST_NODE_PATH",
    value: "DIR",
    help: `choose from the Node.js in DIR, or those in folders of it; ${LIST} "${delimiter}" (none)`,
    multiple: true,
  },
  {
    flag: "grace",
    variable: "TAILCAST_GRACE",
    value: "SECONDS",
    help: "how long running builds may continue at a shutdown before they are cancelled (5)",
  },
  {
    flag: "data",
    variable: "TAILCAST_DATA",
    value: "DIR",
    help: "folder for builds and logs (tailcast/<hash of the roots> in $XDG_STATE_HOME or ~/.local/state)",
  },
  {
    flag: "projects",
    variable: "TAILCAST_PROJECTS",
    value: "FILE",
    help: "read the steps, variables and time limits of folders from FILE, in JSON; reloaded when it changes (none)",
  },
  {
    flag: "notify",
    variable: "TAILCAST_NOTIFY",
    value: "URL",
    help: `send each ended build to URL; needs TAILCAST_NOTIFY_SECRET; ${LIST} spaces (none)`,
    multiple: true,
  },
  {
    flag: "notify-secret-file",
    variable: "TAILCAST_NOTIFY_SECRET_FILE",
    value: "FILE",
    help: "read that secret from FILE, which no other user may be able to read (none)",
  },
  { flag: "keep", variable: "TAILCAST_KEEP", value: "N", help: "number of finished builds to keep (20)" },
  {
    flag: "keep-size",
    variable: "TAILCAST_KEEP_SIZE",
    value: "MIB",
    help: "maximum total size of the logs of finished builds, in MiB; the newest log is always kept (1024)",
  },
  {
    flag: "log-limit",
    variable: "TAILCAST_LOG_LIMIT",
    value: "MIB",
    help: "size limit of a build's log, in MiB; beyond it, only the end of each step is kept (100)",
  },
  {
    flag: "mask",
    variable: "TAILCAST_MASK",
    value: "NAME",
    help: `hide the value of variable NAME in logs; ${LIST} commas (variables like *_TOKEN)`,
    multiple: true,
  },
  {
    flag: "cert",
    variable: "TAILCAST_CERT",
    value: "FILE",
    help: "serve HTTP/2 and HTTP/1.1 over TLS with this certificate, in PEM; reloaded when it changes (none)",
  },
  {
    flag: "key",
    variable: "TAILCAST_KEY",
    value: "FILE",
    help: "the key of the certificate, in PEM (none)",
  },
  {
    flag: "max-clients",
    variable: "TAILCAST_MAX_CLIENTS",
    value: "N",
    help: "maximum number of clients of each stream (1000)",
  },
  {
    flag: "max-clients-per-address",
    variable: "TAILCAST_MAX_CLIENTS_PER_ADDRESS",
    value: "N",
    help: "maximum number of clients of each stream from one address, or from one IPv6 /64 (500)",
  },
  {
    flag: "max-requests-per-address",
    variable: "TAILCAST_MAX_REQUESTS_PER_ADDRESS",
    value: "N",
    help: "maximum number of concurrent requests from one address, open streams included (2000)",
  },
  {
    flag: "log-level",
    variable: "TAILCAST_LOG_LEVEL",
    value: "LEVEL",
    help: "lowest level of messages on stderr: error, warn, info or debug (warn)",
  },
  {
    flag: "log-format",
    variable: "TAILCAST_LOG_FORMAT",
    value: "FORMAT",
    help: "format of these messages: text or json (text)",
  },
  {
    flag: "heartbeat",
    variable: "TAILCAST_HEARTBEAT",
    value: "SECONDS",
    help: "longest silence on a stream before a heartbeat is sent; 0: no heartbeats (7)",
  },
  {
    flag: "capacity",
    variable: "TAILCAST_CAPACITY",
    value: "N",
    help: "number of events that each stream keeps in memory (50000)",
  },
  {
    flag: "token",
    variable: "TAILCAST_TOKEN",
    value: "SECRET",
    help: "require this token from clients; auto: make a new one at each start (none)",
  },
  {
    flag: "token-file",
    variable: "TAILCAST_TOKEN_FILE",
    value: "FILE",
    help: "read the token from FILE, which no other user may be able to read (none)",
  },
  {
    flag: "viewer-token",
    variable: "TAILCAST_VIEWER_TOKEN",
    value: "SECRET",
    help: "let clients with this token see builds, but not start or cancel them (none)",
  },
  {
    flag: "viewer-token-file",
    variable: "TAILCAST_VIEWER_TOKEN_FILE",
    value: "FILE",
    help: "read the viewer token from FILE (none)",
  },
  {
    flag: "session-lifetime",
    variable: "TAILCAST_SESSION_LIFETIME",
    value: "SECONDS",
    help: "how long a browser stays signed in (604800)",
  },
  {
    flag: "read-only",
    variable: "TAILCAST_READ_ONLY",
    value: "",
    help: "do not let clients start or cancel builds; in the variable: 1 (off)",
  },
  {
    flag: "allowed-origin",
    variable: "TAILCAST_ALLOWED_ORIGIN",
    value: "ORIGIN",
    help: `let pages from ORIGIN use the API; accept its host name; ${LIST} commas (none)`,
    multiple: true,
  },
  {
    flag: "allow-credentials",
    variable: "TAILCAST_ALLOW_CREDENTIALS",
    value: "",
    help: "let pages from allowed origins send the session cookie; in the variable: 1 (off)",
  },
  {
    flag: "trust-proxy",
    variable: "TAILCAST_TRUST_PROXY",
    value: "PROXIES",
    help: "trust the X-Forwarded headers of this number of proxies, or of these addresses and ranges (0)",
  },
];
