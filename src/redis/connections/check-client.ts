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

/** Refuses the argument of `RedisLogs` that is a client of a package. @throws {TailcastError} `INVALID_OPTION` */
export function checkRedisClient(client: object): void {
  checkValue("client", client, kinds.objectOrFunction);
  if ("duplicate" in client || "sendCommand" in client) {
    throw invalidOption("client", "pass nodeRedis(client) or ioRedis(client) instead of the client itself");
  }
  checkMethods("client", client, ["connect"]);
}

/** @throws {TailcastError} `INVALID_OPTION` */
export function refuseCluster(): never {
  throw invalidOption("client", "it is a client of Redis Cluster, and logs need a client of one server");
}

/** @throws {TailcastError} `INVALID_OPTION` */
export function refuseSentinel(): never {
  throw invalidOption("client", "it is a Sentinel client of the package redis; use ioredis, or a client of one server");
}
