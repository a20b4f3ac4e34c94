// The logs in Redis, and the queue of BullMQ, which all processes share.
import { createHash } from "node:crypto";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { RedisLogs, ioRedis } from "tailcast/redis";

const url = process.env.REDIS_URL ?? "redis://127.0.0.1:6379";
const prefix = process.env.REDIS_PREFIX ?? "builds";

/** The options of every BullMQ object. */
export const bull = { connection: { url, maxRetriesPerRequest: null }, prefix: `{${prefix}}` };

/** The name of the queue. */
export const QUEUE = "builds";

/** Opens the logs: the newest 100 000 lines of each build for a week, and the states of about 500 builds. */
export function openLogs() {
  const client = ioRedis(new Redis(url, { lazyConnect: true }));
  const lines = new RedisLogs(client, { prefix: `${prefix}-lines`, capacity: 100_000, expire: 7 * 24 * 3_600_000 });
  const states = new RedisLogs(client, { prefix: `${prefix}-states`, capacity: 5000 });
  return {
    open: (topic) => (topic === "builds" ? states : lines).open(topic),
    close: () => Promise.all([lines.close(), states.close()]),
  };
}

/** The queue of builds, as `SharedBuilds` uses it. */
export class BullJobs {
  #queue = new Queue(QUEUE, { ...bull, connection: { url, maxRetriesPerRequest: 1 } });

  constructor() {
    this.#queue.on("error", (error) => console.error(error.message));
  }

  async add(job) {
    // One build of a project at a time, on all machines.
    const id = createHash("sha256").update(job.build.projectPath).digest("hex");
    const added = await this.#queue.add("build", job, {
      jobId: job.build.id,
      deduplication: { id },
      // A builder that is shut down, or cannot reach Redis, returns the job. Nothing runs twice: see README.md.
      attempts: 100,
      backoff: { type: "fixed", delay: 1000 },
      removeOnComplete: true,
      removeOnFail: true,
    });
    return added.id;
  }

  async find(buildId) {
    return (await this.#queue.getJob(buildId))?.data;
  }

  async remove(buildId) {
    const job = await this.#queue.getJob(buildId);
    // A job that a builder has taken is locked.
    return (await job?.remove().then(() => true, () => false)) ?? false;
  }

  close() {
    return this.#queue.close();
  }
}
