import { constants } from 'node:os';
import { UserError } from '../errors';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
export type EndingSignal = (typeof SIGNALS)[number];

/** We were asked to end. The exit code is the shell's: 128 + the signal's number. */
export class InterruptedError extends UserError {
  override readonly exitCode: number;

  constructor(readonly signal: EndingSignal) {
    super(`Interrupted by ${signal}`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

/** What a remote command gets when we are asked to end: the same. */
export function remoteSignal(reason: unknown): 'HUP' | 'INT' | 'QUIT' | 'TERM' {
  if (!(reason instanceof InterruptedError)) return 'TERM';
  return reason.signal.slice('SIG'.length) as 'HUP' | 'INT' | 'QUIT' | 'TERM';
}

/** The wish to end, from outside. */
export interface Interruption extends Disposable {
  readonly signal: AbortSignal;
  /** Until disposal Ctrl-C at the terminal is a matter of the child that reads it. */
  leaveCtrlCToChild(): Disposable;
}

/**
 * A signal that aborts when the process is asked to end, or when something in it has gone wrong that nobody waits for.
 * Until disposal further signals change nothing, so that whoever presses Ctrl-C twice does not leave a task behind.
 */
export function untilInterrupted(): Interruption {
  const controller = new AbortController();
  let ctrlCIsOurs = true;
  const listeners = SIGNALS.map((name) => {
    const listener = (): void => {
      if (name === 'SIGINT' && !ctrlCIsOurs) return;
      controller.abort(new InterruptedError(name));
    };
    process.on(name, listener);
    return [name, listener] as const;
  });
  const crash = (error: Error): void => {
    controller.abort(error);
  };
  process.on('uncaughtException', crash);
  return {
    signal: controller.signal,
    leaveCtrlCToChild: () => {
      ctrlCIsOurs = false;
      return {
        [Symbol.dispose]: () => {
          ctrlCIsOurs = true;
        },
      };
    },
    [Symbol.dispose]: () => {
      for (const [name, listener] of listeners) process.off(name, listener);
      process.off('uncaughtException', crash);
    },
  };
}
