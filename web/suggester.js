// Asks for suggestions as a person types: waits a moment, drops the older call, tries again after a failure.

import { newId } from "./identity.js";
import { ServiceError, suggest } from "./service.js";

const DEBOUNCE_MS = 120;
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 15_000;

/** `view` has `slate(slate)`, `done()` and `failed(error, retryInMs)`, the last with null where it gives up. */
export class Suggester {
  #view;
  #compositionId = newId();
  #controller = new AbortController();
  #timer = 0;
  #retry = null;

  constructor(view) {
    this.#view = view;
  }

  /** Ask soon; whatever was asked before is dropped at once. */
  ask(request, delayMs = DEBOUNCE_MS) {
    this.#stop();
    this.#timer = setTimeout(() => this.#run(request, 0), delayMs);
  }

  /** Start a new message. */
  startComposition() {
    this.#stop();
    this.#compositionId = newId();
  }

  /** If a failed call waits for its next try, try now. */
  retryNow() {
    this.#retry?.();
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#retry = null;
    this.#controller.abort();
  }

  async #run(request, numFailures) {
    const { signal } = (this.#controller = new AbortController());
    this.#retry = null;
    try {
      for await (const slate of suggest(request, this.#compositionId, signal)) {
        if (signal.aborted) return;
        this.#view.slate(slate);
        numFailures = 0;
      }
      if (!signal.aborted) this.#view.done();
    } catch (error) {
      if (!signal.aborted) this.#recover(request, error, numFailures);
    }
  }

  #recover(request, error, numFailures) {
    const waitMs = retryInMs(error, numFailures);
    if (waitMs !== null) {
      this.#retry = () => {
        clearTimeout(this.#timer);
        this.#run(request, numFailures + 1);
      };
      this.#timer = setTimeout(this.#retry, waitMs);
    }
    this.#view.failed(error, waitMs);
  }
}

/** When to try again: as the server says, else later each time; never where the request itself is wrong. */
function retryInMs(error, numFailures) {
  const isService = error instanceof ServiceError;
  if (isService && error.status >= 400 && error.status < 500 && error.status !== 429) return null;
  if (isService && error.retryAfterMs !== null) return Math.max(error.retryAfterMs, 250);
  return Math.min(FIRST_RETRY_MS * 2 ** numFailures, LAST_RETRY_MS);
}
