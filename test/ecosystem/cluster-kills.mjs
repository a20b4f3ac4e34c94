/**
 * Kills processes of examples/cluster at random moments while builds run, and compares what every viewer has received
 * with the output of the builds: `node cluster-kills.mjs [--seed 1] [--kills 20] [--rounds 10]`.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createRandom } from "../../dist-test/support/random.js";
import { RedisServer } from "../redis/support/redis-server.mjs";
import { Viewer, assertContiguous, linesProject, outputOf, requestBuild, startMember } from "./support/cluster.mjs";
import { makeFolder } from "./support/folder.mjs";
import { until } from "./support/until.mjs";

const PROJECTS = ["one", "two", "three", "four"];
const VIEWERS = 3;
/** The longest pause before a kill, in milliseconds. */
const LONGEST_PAUSE = 1500;

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    kills: { type: "string", default: "20" },
    rounds: { type: "string", default: "1" },
  },
});

/** Follows a build to its end, at another web process after each failure. */
async function follow(webs, id, first) {
  const events = [];
  for (let attempt = first; events.at(-1)?.type !== "end"; attempt++) {
    try {
      const viewer = await Viewer.open(webs[attempt % webs.length].url, id, events.at(-1)?.lastEventId);
      await viewer.ended;
      events.push(...viewer.events);
    } catch {
      // The process was killed, or has just started.
      await delay(20);
    }
  }
  return events;
}

async function runRound(seed, kills) {
  const cleanups = [];
  const t = { after: (release) => void cleanups.unshift(release) };
  const random = createRandom(seed);
  const pick = (list) => list[random(list.length)];
  const counts = { succeeded: 0, lost: 0, web: 0, worker: 0 };
  try {
    const redis = await RedisServer.start(t);
    const root = await makeFolder(t, Object.assign({}, ...PROJECTS.map(linesProject)));
    const env = { REDIS_URL: redis.url, ROOT: root, LOST_AFTER: "1000" };
    const webs = await Promise.all([1, 2].map(() => startMember(t, "web.js", env)));
    const startWorker = (index) => startMember(t, "worker.js", { ...env, DATA: `${root}/.data-${index}` });
    const workers = await Promise.all([0, 1].map(startWorker));
    let isOver = false;

    const buildOften = async (project) => {
      for (let number = 1; !isOver; number++) {
        const output = `output-${number}.txt`;
        const count = 50 + random(300);
        const reply = await requestBuild(pick(webs).url, project, count, output).catch(() => undefined);
        if (reply?.status !== 202) {
          await delay(50);
          continue;
        }
        const { build } = await reply.json().catch(() => ({}));
        if (build === undefined) continue;
        const all = await Promise.all(Array.from({ length: VIEWERS }, (_, first) => follow(webs, build.id, first)));
        for (const events of all) {
          assertContiguous(events);
          assert.deepEqual(events, all[0]);
        }
        const { status, startedAt } = JSON.parse(all[0].at(-1).data);
        assert.ok(["succeeded", "lost"].includes(status), status);
        counts[status]++;
        const written = await readFile(`${root}/${project}/${output}`, "utf8").catch(() => "");
        const shown = outputOf(all[0]);
        if (status === "succeeded") assert.equal(shown, written);
        else assert.ok(startedAt !== null && written.startsWith(shown), "the log is the start of the output");
      }
    };

    const kill = async () => {
      for (let count = 0; count < kills; count++) {
        await delay(random(LONGEST_PAUSE));
        const kind = pick(["web", "worker"]);
        counts[kind]++;
        const index = random(2);
        if (kind === "web") {
          await webs[index].end("SIGKILL");
          await webs[index].restart();
        } else {
          await workers[index].end("SIGKILL");
          workers[index] = await startWorker(index);
        }
      }
      isOver = true;
    };
    await Promise.all([kill(), ...PROJECTS.map(buildOften)]);
    // Builds whose request was cut off end as well.
    for (const web of webs) {
      await until(async () => {
        const { builds } = await (await fetch(`${web.url}/api/builds`)).json();
        return builds.every(({ finishedAt }) => finishedAt !== null);
      });
    }
  } finally {
    for (const release of cleanups) await release();
  }
  return counts;
}

for (let round = 0; round < Number(values.rounds); round++) {
  const seed = Number(values.seed) + round;
  console.log(`seed ${seed}: ${JSON.stringify(await runRound(seed, Number(values.kills)))}`);
}
