/** A sign of a failure. Every part of it must match. */
export interface FailureSign {
  /** How the command ended: its exit code, or the signal that ended it. */
  readonly exit?: number | string;
  /**
   * Matches the plain output of the command, line by line (`m`). It begins at the start of a line, so that prose does
   * not match, and needs linear time: the output can be hostile.
   */
  readonly output?: RegExp;
}

/** The text that programs print before the message of an error. Its alternatives cannot match the same text. */
const ERROR = [
  "^[ \\t]{0,20}(?:npm (?:error|ERR!) |➤ YN\\d{4}: │ |pnpm: |\\[?cause\\]?: |[⨯✘✖×] )?",
  "\\[?(?:Uncaught )?(?:[A-Za-z]{0,40}[Ee]rror(?: \\[\\w{1,60}\\])?:? )*",
].join("");

/** The text that a shell prints before its message about a command. */
const SHELL = "^[\\w/.-]{0,100}sh: (?:(?:exec|(?:line )?\\d+): ){0,2}";

/** The output of a program that reports an error. @param message - A regular expression. */
export function error(message: string): FailureSign {
  return output(ERROR + message);
}

/** The output of a shell that cannot run a command. @param message - A regular expression. */
export function shell(message: string): FailureSign {
  return output(SHELL + message);
}

/** The start of a line. @param start - A regular expression. */
export function line(start: string): FailureSign {
  return output(`^${start}`);
}

/** An error of npm. @param message - A regular expression. */
export function npm(message: string): FailureSign {
  return line(`npm (?:error|ERR!) ${message}`);
}

/** An error of pnpm. @param name - A regular expression. */
export function pnpm(name: string): FailureSign {
  return line(`\\s?\\[?ERR_PNPM_${name}(?:\\] |[ \\u2009]{2})`);
}

/** An error of the system. @param message - A regular expression. */
export function systemError(name: string, message: string): readonly FailureSign[] {
  const text = `${name}: ${message}`;
  const yarn = 'error An unexpected error occurred: "';
  return [error(text), line(yarn + text), line(`\\s${name}\\s{1,2}${text}`)];
}

/**
 * An import that cannot be resolved, as Node.js, TypeScript and bundlers report it.
 *
 * @param first - The first character of the name, as a regular expression.
 */
export function unresolved(first: string): readonly FailureSign[] {
  const name = `(${first}[^'"\\n]{0,500})`;
  const couldNotResolve = `Could not resolve ["']${name}["'](?: from | in )`;
  return [
    error(`Cannot find (?:module|package) '${name}'(?:$| imported from )`),
    error(`Your application tried to access ${name}, but it isn't declared in your dependencies`),
    line(`Module not found: (?:Error: )?Can't resolve '${name}'`),
    line(`(?:✘ )?\\[ERROR\\] Could not resolve "${name}"`),
    line(`(?:Error: )?\\[vite\\]: Roll(?:up|down) failed to resolve import "${name}" from `),
    error(couldNotResolve),
    line(`(?:\\[!\\] RollupError: |\\[UNRESOLVED_IMPORT\\] (?:Error: )?)${couldNotResolve}`),
    line(`\\S[^\\n]{0,400}?(?: -|:) error TS2307: Cannot find module '${name}' or its corresponding type`),
  ];
}

function output(pattern: string): FailureSign {
  return { output: new RegExp(pattern, "m") };
}
