import { startTailcast } from "./tailcast.mjs";

export const start = () => startTailcast({ compress: true });
