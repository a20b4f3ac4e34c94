import { Mask } from "./mask.ts";
import { MIN_SECRET_LENGTH, isTooShort, unmaskedSentence } from "../program/variables.ts";
import { secretForms } from "./secret-forms.ts";
import type { Environment } from "../program/find-program.ts";
import type { Step } from "../planning/step.ts";

/**
 * The names of variables that usually hold a secret, in capitals or not: those that end with one of these words, and
 * npm's `npm_config_//registry.example/:_authToken`.
 */
const USUAL_NAME =
  /(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|_PASS|_PWD|API_?KEY|(?:ACCESS|SECRET|PRIVATE|SIGNING|ENCRYPTION)_?KEY|CREDENTIALS?|CONNECTION_STRING|^NPM_CONFIG_.*_AUTH)(?:_BASE64|_B64)?$/i;

/** Harmless words would contain shorter values. A variable that the options name may hold a PIN. */
const MIN_LENGTH = 6;

/** The options of {@link Secrets}. */
export interface SecretsOptions {
  /** The variables of every build. */
  env: Environment;
  /** The names of variables that hold a secret, in addition to the usual ones. */
  names: readonly string[];
  /** Secrets that are in no variable. */
  values: readonly string[];
}

/** The secrets that must not appear in a build's log: the values of variables with certain names. */
export class Secrets {
  /** One sentence for each secret that cannot be masked. */
  readonly problems: readonly string[];
  readonly #names: ReadonlySet<string>;
  readonly #forms: ReadonlySet<string>;
  readonly #mask: Mask | undefined;

  constructor({ env, names, values }: SecretsOptions) {
    this.#names = new Set(names);
    const missing = names.filter((name) => (env[name] ?? "") === "").map((name) => `${name} has no value to mask`);
    const { forms, problems } = this.#collect(env);
    for (const value of values) for (const form of secretForms(value, MIN_SECRET_LENGTH)) forms.add(form);
    const short = values.filter((value) => value !== "" && isTooShort(value, MIN_SECRET_LENGTH));
    const unnamed = short.map(() => `a value has fewer than ${MIN_SECRET_LENGTH} characters and is not masked`);
    this.problems = [...missing, ...problems, ...new Set(unnamed)];
    this.#forms = forms;
    this.#mask = maskFor(forms);
  }

  /**
   * Masks the secrets of all builds, those in the variables of these steps, and some values.
   *
   * @param values - Secrets of one build; those of less than 4 characters are not masked.
   * @returns `undefined` when there is nothing to mask.
   */
  maskFor(steps: readonly Pick<Step, "env">[], values: readonly string[] = []): Mask | undefined {
    const own = steps.flatMap(({ env }) => (env === undefined ? [] : [...this.#collect(env).forms]));
    own.push(...values.flatMap((value) => secretForms(value, MIN_SECRET_LENGTH)));
    const isKnown = own.every((form) => this.#forms.has(form));
    return isKnown ? this.#mask : maskFor(new Set([...this.#forms, ...own]));
  }

  #collect(env: Environment): { forms: Set<string>; problems: string[] } {
    const forms = new Set<string>();
    const problems: string[] = [];
    for (const [name, value = ""] of Object.entries(env)) {
      const isNamed = this.#names.has(name);
      if (value === "" || !(isNamed || USUAL_NAME.test(name))) continue;
      const minLength = isNamed ? MIN_SECRET_LENGTH : MIN_LENGTH;
      if (isTooShort(value, minLength)) problems.push(unmaskedSentence(name, minLength));
      else for (const form of secretForms(value, minLength)) forms.add(form);
    }
    return { forms, problems };
  }
}

function maskFor(forms: ReadonlySet<string>): Mask | undefined {
  return forms.size === 0 ? undefined : new Mask([...forms]);
}
