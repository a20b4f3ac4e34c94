/** The part of the Trusted Types API that is used here. Some browsers do not have it. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): {
    createScriptURL(url: string): string;
  };
}

/** The workers of the page. */
const ADDRESSES = { hub: "/page/server/stream-hub-worker.js", pattern: "/page/find/pattern-worker.js" };

const { trustedTypes } = globalThis as { readonly trustedTypes?: TrustedTypes };

/** The content security policy allows this name, once. It accepts no other address. */
const policy = trustedTypes?.createPolicy("tailcast", { createScriptURL: trust });

/** Returns the address of a worker, in the form that the browser's Trusted Types demand. */
export function workerAddress(worker: keyof typeof ADDRESSES): string {
  const address = ADDRESSES[worker];
  return policy?.createScriptURL(address) ?? address;
}

function trust(address: string): string {
  if (Object.values(ADDRESSES).includes(address)) return address;
  throw new TypeError(`Cannot start a worker: ${address} is not one of this page`);
}
