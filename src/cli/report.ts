import { constants } from 'node:os';
import { isErrno, UserError } from '../errors';
import { InterruptedError } from './signals';
import type { Story } from './story';

/** Prints an error, as nothing else does. @returns the exit code */
export function report(error: unknown, story: Story, signal: AbortSignal): number {
  story.closeLine();
  if (isSuppressed(error)) {
    // The work failed, and then its clean-up too; both are said.
    const exitCode = report(error.suppressed, story, signal);
    report(error.error, story, signal);
    return exitCode || 1;
  }
  const cause: unknown = isAbort(error) ? signal.reason : error;
  if (cause instanceof InterruptedError) return cause.exitCode;
  // Whoever read our output has gone, as with `| head`: the shell's code for SIGPIPE, and nobody to tell.
  if (isErrno(cause, 'EPIPE', 'EIO')) return 128 + constants.signals.SIGPIPE;
  if (cause instanceof UserError) {
    story.line(`Error: ${cause.message}`);
    if (cause.remedy !== '') story.line(cause.remedy);
    return cause.exitCode;
  }
  story.line(`Error: ${cause instanceof Error ? cause.message : String(cause)} (a fault of this program)`);
  if (process.env.DEBUG !== undefined && cause instanceof Error) story.line(cause.stack ?? '');
  return 1;
}

/** What `await using` throws when the work and its clean-up both failed; Node 20 has no class for it. */
function isSuppressed(error: unknown): error is { readonly error: unknown; readonly suppressed: unknown } {
  return error instanceof Error && error.name === 'SuppressedError';
}

/** Timers, streams and the SDK each throw their own AbortError; the reason lies in the signal. */
function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
