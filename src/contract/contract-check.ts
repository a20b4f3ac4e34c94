import { MAX_DELAY, checkInteger } from "../check-options.ts";

/** A check of one promise of an interface. Any test runner can run it. */
export interface ContractCheck {
  /** A sentence about the implementation, such as `publishes in the order of the calls`. */
  readonly title: string;
  /** Rejects when the implementation does not keep the promise. */
  run(): Promise<void>;
}

/** The resources of one check. */
export interface Kit {
  /** Releases them. */
  close(): Promise<void>;
}

/** Checks by title. */
export type Checks<SomeKit> = Readonly<Record<string, (kit: SomeKit) => Promise<void>>>;

/**
 * Makes checks that open their own resources and release them.
 *
 * @param open - Makes the resources of one check. The signal is aborted when the check is over, also by the timeout.
 * @param timeout - The longest duration of one check, in milliseconds.
 */
export function toContract<SomeKit extends Kit>(
  checks: Checks<SomeKit>,
  open: (signal: AbortSignal) => SomeKit,
  timeout: number,
): ContractCheck[] {
  return Object.entries(checks).map(([title, check]) => ({
    title,
    run: async () => {
      const over = new AbortController();
      const kit = open(over.signal);
      try {
        await within(timeout, check(kit));
      } finally {
        over.abort();
        await kit.close();
      }
    },
  }));
}

/** Checks the option `timeout`. @throws {TailcastError} `INVALID_OPTION` */
export function checkTimeout(timeout: number | undefined): void {
  if (timeout !== undefined) checkInteger("timeout", timeout, { min: 1, max: MAX_DELAY });
}

/** Rejects when a promise does not settle within a time. */
async function within(timeout: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The check did not end within ${timeout} ms`)), timeout);
  });
  try {
    await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves when a condition holds. Rejects when `signal` is aborted. */
export async function until(isMet: () => boolean, signal: AbortSignal): Promise<void> {
  while (!isMet()) {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
