import { describe, it } from "node:test";
import { sharedLogContract } from "../../dist/contract/index.js";
import { memoryLogs } from "./memory-logs.js";

describe("MemoryLog keeps the contract of SharedLog: it", () => {
  for (const { title, run } of sharedLogContract(memoryLogs())) it(title, run);
});
