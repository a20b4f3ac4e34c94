import { startTailcast } from "./tailcast.mjs";

export const start = () => startTailcast({ coalesceMs: 10 });
