import { Channel } from "tailcast";

/** On `globalThis`: Next bundles instrumentation.js separately from the routes, and each bundle has its own modules. */
export const channel = (globalThis.messages ??= new Channel());
