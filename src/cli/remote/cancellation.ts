import type { BuildServer } from "./build-server.ts";

/** The exit code of a program that SIGINT has ended. */
const INTERRUPTED = 130;

const QUESTION = "press Ctrl-C again to cancel the build; it continues otherwise";

/**
 * Cancels a build on signals: the first SIGINT asks, the second one cancels the build, the third one kills it, and the
 * fourth one ends this program. SIGTERM cancels without a question.
 */
export class Cancellation {
  readonly #server: BuildServer;
  readonly #id: string;
  readonly #say: (text: string) => void;
  #interrupts = 0;
  #isCancelled = false;

  /** @param say - Prints a message. */
  constructor(server: BuildServer, id: string, say: (text: string) => void) {
    this.#server = server;
    this.#id = id;
    this.#say = say;
    process.on("SIGINT", this.#onInterrupt).on("SIGTERM", this.#onTerminate);
  }

  /** Signals have their usual effect again. */
  end(): void {
    process.off("SIGINT", this.#onInterrupt).off("SIGTERM", this.#onTerminate);
  }

  readonly #onInterrupt = (): void => {
    this.#interrupts += 1;
    if (this.#interrupts > 3) process.exit(INTERRUPTED);
    if (this.#interrupts === 1 && !this.#isCancelled) this.#say(QUESTION);
    else this.#cancel();
  };

  readonly #onTerminate = (): void => this.#cancel();

  #cancel(): void {
    this.#say(this.#isCancelled ? "killing the build" : "cancelling the build; press Ctrl-C again to kill it");
    this.#isCancelled = true;
    // The stream reports the end of the build. If it has ended already, this request is refused.
    this.#server.request("POST", `api/builds/${this.#id}/cancel`).catch((error: Error & { code?: string }) => {
      if (error.code !== "BUILD_ENDED") this.#say(error.message);
    });
  }
}
