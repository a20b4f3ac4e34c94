import assert from "node:assert/strict";

/** The settings of systemd that the READMEs use, with the values that systemd accepts. */
const SERVICE: Readonly<Record<string, RegExp>> = {
  ExecStart: /^\/\S/,
  User: /^[a-z_][a-z0-9_-]*$/,
  StateDirectory: /^[^/]\S*$/,
  EnvironmentFile: /^\//,
  Restart: /^(?:no|on-success|on-failure|on-abnormal|on-watchdog|on-abort|always)$/,
  Delegate: /^(?:yes|no|pids)$/,
  DelegateSubgroup: /^[\w-]+$/,
  TasksMax: /^\d+$/,
};

/** Fails unless a text is a unit with one section, `Service`, of known settings. systemd ignores all others. */
export function assertUnit(text: string): void {
  const [section, ...lines] = text.trimEnd().split("\n");
  assert.equal(section, "[Service]");
  for (const line of lines) {
    const [, name = "", value = ""] = /^(\w+)=(.*)$/.exec(line) ?? assert.fail(`"${line}" is not a setting`);
    const values = SERVICE[name] ?? assert.fail(`no setting "${name}" is known; systemd would ignore it`);
    assert.match(value, values, `systemd would ignore "${line}"`);
  }
}
