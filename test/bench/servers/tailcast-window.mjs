import { startTailcast } from "./tailcast.mjs";

export const start = () => startTailcast({ coalesce: 10 });
