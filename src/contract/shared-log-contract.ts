import { toContract } from "./contract-check.ts";
import { following } from "./following.ts";
import { LogKit, checkLogOptions } from "./log-kit.ts";
import { publishing } from "./publishing.ts";
import { reading, removing } from "./reading.ts";
import { reopening } from "./reopening.ts";
import { showing } from "./showing.ts";
import { losing, waiting } from "./trouble.ts";
import type { ContractCheck } from "./contract-check.ts";
import type { SharedLogContractOptions } from "./log-kit.ts";

/**
 * Returns the checks of the contract of `SharedLog`. Each opens logs of its own topic, and closes them.
 *
 * ```js
 * for (const { title, run } of sharedLogContract({ open: (topic) => logs.open(topic) })) test(title, run);
 * ```
 *
 * @throws {TailcastError} `INVALID_OPTION`, naming the option.
 */
export function sharedLogContract(options: SharedLogContractOptions): ContractCheck[] {
  checkLogOptions(options);
  const checks = {
    ...publishing,
    ...(options.reopen === undefined ? {} : reopening),
    ...following,
    ...reading,
    ...(options.openSmall === undefined ? {} : removing),
    ...(options.lose === undefined ? {} : losing),
    ...(options.interrupt === undefined ? {} : waiting),
    ...showing,
  };
  return toContract(checks, (signal) => new LogKit(options, signal), options.timeout ?? 10_000);
}
