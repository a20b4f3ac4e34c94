import { checkValue, kinds } from "../../check-options.ts";
import { invalidOption } from "../../error.ts";

/**
 * Refuses a value without these methods.
 *
 * @throws {TailcastError} `INVALID_OPTION`, naming the value and the missing method.
 */
export function checkMethods(name: string, value: object, methods: readonly string[]): void {
  const members = checkValue(name, value, kinds.objectOrFunction) as Readonly<Record<string, unknown>>;
  const missing = methods.find((method) => typeof members[method] !== "function");
  if (missing !== undefined) throw invalidOption(name, `it has no method "${missing}"`);
}
