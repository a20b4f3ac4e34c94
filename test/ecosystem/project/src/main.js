import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { padStart, range } from "lodash-es";

const COUNT = 200;

for (const number of range(1, COUNT + 1)) {
  console.log(`line ${padStart(number, 3, "0")} of ${COUNT}`);
  await delay(4);
  // A gate that the test opens: what it does before that is certain to happen in the middle of the build.
  while (number === COUNT / 2 && !existsSync("open")) await delay(20);
}
