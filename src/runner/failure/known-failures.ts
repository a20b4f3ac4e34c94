import { managers } from "../package-manager/managers.ts";
import { error, line, npm, pnpm, shell, systemError, unresolved } from "./failure-sign.ts";
import type { FailureSign } from "./failure-sign.ts";

/** A failure that the runner can explain. */
export interface KnownFailure {
  /** The name of the failure, for programs. */
  readonly code: string;
  /** The signs of the failure. One is enough. */
  readonly signs: readonly FailureSign[];
  /** One sentence. `{}` stands for the subject: the group of the expression that has matched. */
  readonly cause: string;
  /** One sentence about what to do. */
  readonly remedy: string;
}

/** The names of errors of the network. */
const NETWORK = "E(?:NOTFOUND|AI_AGAIN|CONNRESET|CONNREFUSED|TIMEDOUT|SOCKETTIMEDOUT|HOSTUNREACH|NETUNREACH)";

/** The output of git outside of a repository. Scripts often ignore it, so it counts only with the exit code of git. */
const NO_REPOSITORY = "fatal: not (?:a git repository|in a git directory)";

/** How the programs that run a script report that its shell has not found a command. */
const NOT_FOUND = [
  "[^\\n]{0,40}ELIFECYCLE",
  "(?:[^\\n]{1,200} e|E)xited with code 127$",
  "npm (?:error|ERR!) Lifecycle script [^\\n]{1,200}\\nnpm (?:error|ERR!) code 127$",
];

/**
 * The failures that the runner can explain. The first row that fits counts, so a certain cause stands before a likely
 * one, and a failure before its consequences.
 */
export const knownFailures: readonly KnownFailure[] = [
  {
    code: "OUT_OF_MEMORY",
    signs: [
      { exit: 137 },
      { exit: "SIGKILL" },
      line("The build failed because the process exited too early\\. This probably means the system ran out of memory"),
      line("Next\\.js build worker exited with code: null and signal: SIGKILL$"),
    ],
    cause: "a process was killed, probably because the machine ran out of memory",
    remedy: "run fewer builds at the same time (--concurrency), or give the machine more memory",
  },
  {
    code: "SEGMENTATION_FAULT",
    signs: [{ exit: 139 }, { exit: "SIGSEGV" }],
    cause: "a program crashed (segmentation fault), often in a native module that was compiled for another Node.js",
    remedy: "build with a clean install; if that does not help, update Node.js and the program that crashed",
  },
  {
    code: "OUT_OF_HEAP",
    signs: [
      line("FATAL ERROR: .{0,200}JavaScript heap out of memory$"),
      error("Worker terminated due to reaching memory limit: JS heap out of memory"),
    ],
    cause: "Node.js reached the limit of its JavaScript heap",
    remedy: "set the variable NODE_OPTIONS=--max-old-space-size=4096 for the build (megabytes)",
  },
  {
    code: "LOCK_FILE_OUTDATED",
    signs: managers.map(({ lockFileOutdated }) => lockFileOutdated),
    cause: "the lock file does not match package.json",
    remedy: 'install the dependencies in the project yourself and commit the lock file, or choose the install "update"',
  },
  {
    code: "WRONG_NODE",
    signs: [
      npm("code EBADENGINE$"),
      npm("EBADDEVENGINES Invalid devEngines\\.runtime$"),
      pnpm("UNSUPPORTED_ENGINE"),
      line('error [^\\n]{1,200}: The engine "node" is incompatible with this module\\.'),
      line("(?:You are using Node\\.js \\d[\\d.]*\\. )?For Next\\.js, Node\\.js version "),
      line("Node\\.js v?\\d[\\d.]* is not supported by Astro!"),
      line("The Angular CLI requires a minimum Node\\.js version of v"),
      line("(?:ERROR: )?This version of pnpm requires at least Node\\.js v"),
      // Features that older versions of Node.js do not have.
      error("(?:No such built-in module: |Cannot find module ')node:"),
      error("The requested module '(?:node:[\\w/]{1,30}|crypto|fs|module|path|util|url)' does not provide an "),
      error("Unexpected (?:token '(?:\\?\\?|\\|\\||&&)='|identifier 'assert')$"),
      line("\\(node:\\d+\\) UnhandledPromiseRejectionWarning: SyntaxError: Unexpected token '(?:\\?\\?|\\|\\||&&)='$"),
      error("require\\(\\) of ES Module "),
      error("(?:File|structuredClone|CustomEvent|Iterator) is not defined$"),
      error("(?:crypto\\$?\\d?\\??\\.hash|Object\\.(?:hasOwn|groupBy)|Promise\\.withResolvers) is not a function"),
      error("[^\\s]{1,100}\\.to(?:Sorted|Reversed|Spliced) is not a function"),
    ],
    cause: "the project or one of its packages needs another version of Node.js",
    remedy: "run the build with the version that the project names (.nvmrc, engines in package.json), or a newer one",
  },
  {
    code: "OPENSSL",
    signs: [
      line("  code: 'ERR_OSSL_EVP_UNSUPPORTED'"),
      error("error:0308010C:digital envelope routines::unsupported"),
    ],
    cause: "webpack 4 uses a hash that Node.js does not support since version 17 (OpenSSL 3)",
    remedy: "update to webpack 5, or set the variable NODE_OPTIONS=--openssl-legacy-provider for the build",
  },
  {
    code: "WATCH_LIMIT",
    signs: [
      ...systemError("ENOSPC", "System limit for number of file watchers reached"),
      ...systemError("EMFILE", "too many open files, watch"),
    ],
    cause: "the script watches more files than the system allows (the disk is not full)",
    remedy: "run a script that builds without watching, or raise fs.inotify.max_user_watches and max_user_instances",
  },
  {
    code: "DISK_FULL",
    signs: [
      ...systemError("ENOSPC", "[Nn]o space left on device"),
      npm("code ENOSPC$"),
      line("\\w[\\w/.-]{0,100}: [^\\n]{1,300}: No space left on device$"),
    ],
    cause: "the disk is full",
    remedy: "free space on the disk of the project and on that of temporary files",
  },
  {
    code: "NOT_EXECUTABLE",
    signs: [{ exit: 126, ...shell("([^\\n]{1,300}): Permission denied$") }],
    cause: "the file {} is not executable",
    remedy: "make the file executable (chmod +x) and commit that",
  },
  {
    code: "PERMISSION_DENIED",
    signs: [
      ...systemError("EACCES", "permission denied, \\w+ '([^'\\n]{1,500})'"),
      line('EACCES: Permission denied: could not create the ("[^"\\n]{1,300}" directory)'),
      shell("cannot create ([^\\n]{1,300}): Permission denied$"),
    ],
    cause: "the user of the build has no permission to write or read {}",
    remedy: "change the owner or the mode; often another user, such as root, created the file in an earlier install",
  },
  {
    code: "WARNINGS_AS_ERRORS",
    signs: [line("Treating warnings as errors because process\\.env\\.CI = true\\.$")],
    cause: "the script treats warnings as errors, because the variable CI is true",
    remedy: "fix the warnings, or set the variable CI=false for the build",
  },
  {
    code: "COMMAND_NOT_FOUND",
    signs: [
      { exit: 127, ...shell("([^\\s:]{1,200}): (?:command )?not found$") },
      { exit: 127, ...line("command not found: ([^\\s:]{1,200})$") },
      // Programs that run scripts report it after the line of the shell. Their own exit code is 1.
      shell(`([^\\s:]{1,200}): (?:command )?not found\\n{1,3}(?:${NOT_FOUND.join("|")})`),
      line("\\s?\\[?ERR_PNPM_[^\\n]{1,300}: `(\\w[\\w.-]{0,100})(?: [^`&|;\\n]{0,500})?`\\nspawn ENOENT$"),
      npm("syscall spawn (\\w[\\w.-]{0,100})$"),
    ],
    cause: "the command {} does not exist",
    remedy: "add its package to package.json and install the dependencies; other programs must be on PATH",
  },
  {
    code: "NETWORK",
    signs: [
      npm(`code (${NETWORK}|ERR_SOCKET_TIMEOUT|EIDLETIMEOUT)$`),
      npm("network (timeout) at: "),
      line(`\\s?\\[?ERR_PNPM_\\w{1,60}\\]?\\s{1,2}[^\\n]{1,500}?, reason: (?:\\w{1,20} )?(${NETWORK}|Socket timeout)`),
      line("➤ YN0001: │ RequestError: (Timeout) awaiting "),
      line("error: (\\w{1,40}) downloading (?:package manifest|tarball) "),
      error(`(?:https?://[^\\s]{1,500}: |getaddrinfo |connect |read |write )(${NETWORK})\\b`),
    ],
    cause: "a connection failed ({})",
    remedy: "check the server that the output names, and for an install the registry and the proxy; then build again",
  },
  {
    code: "OPTIONAL_PACKAGE_MISSING",
    signs: [
      error("Cannot find module (@\\S{1,200})\\. npm has a bug related to optional dependencies"),
      error('The package "(@\\S{1,200})" could not be found, and is needed by esbuild'),
      error("Cannot find module '(@[^'\\n]{1,100}/binding-(?!wasm)[^'\\n]{1,100})'$"),
    ],
    cause: "the package {}, which this platform needs, is not installed",
    remedy: "build with a clean install; if that does not help, install again without the lock file and commit it",
  },
  {
    code: "FILE_MISSING",
    signs: unresolved("[./]"),
    cause: "the file {} does not exist",
    remedy: "check its path, also upper and lower case, and whether it is committed or created by an earlier script",
  },
  {
    code: "MODULE_MISSING",
    signs: unresolved("[^./'\"\\n]"),
    cause: "the package {} is not installed",
    remedy: "add it to package.json and install; if it is there already, build with a clean install",
  },
  {
    code: "NO_GIT_REPOSITORY",
    signs: [
      { exit: 128, ...line(NO_REPOSITORY) },
      line(`${NO_REPOSITORY}[^]{0,300}?\\b(?:exit )?code 128\\b`),
      error("\\.git can't be found"),
    ],
    cause: "a script, such as that of husky, needs a git repository, and the project is not in one",
    remedy: "build a clone of the repository, or set the variable HUSKY=0 for the build",
  },
];
