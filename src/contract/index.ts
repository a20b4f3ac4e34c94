/**
 * tailcast/contract: checks for stores of events, which any test runner can run.
 *
 * @module
 */
export { sharedLogContract } from "./shared-log-contract.ts";
export { historyContract } from "./history-contract.ts";
export type { ContractCheck } from "./contract-check.ts";
export type { HistoryContractOptions } from "./history-contract.ts";
export type { SharedLogContractOptions } from "./log-kit.ts";
