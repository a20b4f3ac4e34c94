import { isIPv6 } from "node:net";

/**
 * Returns the key under which the limit per address counts a client. Usually one key represents one person.
 *
 * The key of an IPv4 address is the address, also in its IPv6 form (`::ffff:192.0.2.1`, as a dual-stack socket reports
 * it). The key of an IPv6 address is its first 64 bits, since providers assign at least a whole /64 to each customer.
 */
export function addressKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [head = "", tail] = (address.split("%")[0] ?? "").toLowerCase().split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length);
  const groups = [...front, ...Array<string>(zeros).fill("0"), ...back];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":")}::/64`;
}
