import { constants } from 'node:os';
import { UserError } from '../errors';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type EndingSignal = (typeof SIGNALS)[number];

/** We were asked to end. The exit code is the shell's: 128 + the signal's number. */
export class InterruptedError extends UserError {
  override readonly exitCode: number;

  constructor(readonly signal: EndingSignal) {
    super(`Interrupted by ${signal}`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

/**
 * A signal that aborts when the process is asked to end. Until disposal further signals change nothing, so that
 * whoever presses Ctrl-C twice does not leave a task behind.
 */
export function untilInterrupted(): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const listeners = SIGNALS.map((name) => {
    const listener = (): void => {
      controller.abort(new InterruptedError(name));
    };
    process.on(name, listener);
    return [name, listener] as const;
  });
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const [name, listener] of listeners) process.off(name, listener);
    },
  };
}
