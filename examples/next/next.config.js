import { join } from "node:path";

// Only because this folder is inside another package, whose lock file Next would find.
export default { turbopack: { root: join(import.meta.dirname, "../..") } };
