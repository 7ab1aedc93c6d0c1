import { once } from 'node:events';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { UserError } from '../errors';
import { ExitMark } from '../remote/exit-mark';
import { type Session, SessionLostError } from '../session/session';
import { EscapeKeys } from './escape';
import { IDLE_LIMIT_MS, IdleWarning } from './idle';
import type { Story } from './story';
import { rawMode, type Terminal, terminalSize } from './terminal';

/** A little less than the limit: clocks differ. */
const IDLE_ENOUGH_MS = IDLE_LIMIT_MS - 30_000;
/** End of transmission: what a terminal sends for Ctrl-D. */
const EOT = Buffer.from([4]);
const ESCAPE_HELP = '\r\nAfter Enter:  ~.  leaves the session   ~~  types a tilde   ~?  shows this\r\n';

/** `Enter ~ .`: the exit code is ssh's. */
class SessionLeftError extends UserError {
  override readonly exitCode = 255;

  constructor() {
    super('The session was left with ~.');
  }
}

export interface AttachOptions {
  readonly terminal: Terminal;
  readonly story: Story;
  readonly signal: AbortSignal;
  /** Of the mark that carries the exit code. Without it the remote side writes none. */
  readonly nonce?: string;
  /** What the first output tells of; until then Ctrl-C stops us. Without it all keys go to the remote side at once. */
  readonly waitingFor?: string;
  /** The first output is there. */
  readonly onReady?: () => void;
}

/**
 * Hands the terminal over to the session until the remote side ends or `signal` aborts.
 * @returns the exit code of the shell or program there; 0 when there is no mark
 */
export async function attach(session: Session, options: AttachOptions): Promise<number> {
  const { terminal, story, signal, nonce, waitingFor, onReady } = options;
  const resize = (): void => {
    session.resize(terminalSize(terminal));
  };
  resize();
  if (waitingFor !== undefined) {
    await story.step(
      waitingFor,
      () => Promise.race([once(session.output, 'readable', { signal }), session.closed]),
      () => 'ready',
    );
    onReady?.();
  }
  const leaving = new AbortController();
  const mark = nonce === undefined ? undefined : new ExitMark(nonce);
  const shown = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      done(null, mark === undefined ? chunk : mark.take(chunk));
      if (mark?.exitCode === undefined) return;
      session.output.unpipe(shown); // nothing of it comes after its mark
      shown.end();
    },
  });
  using raw = rawMode(terminal);
  using idle = new IdleWarning({ lastActivity: () => session.lastActivity, terminal: terminal.story });
  using input = sendKeys(session, terminal, leaving);
  terminal.output.on('resize', resize);
  const ending = AbortSignal.any([signal, leaving.signal]);
  const forward = (chunk: Buffer): void => void terminal.story.write(chunk);
  session.errorOutput.on('data', forward);
  try {
    session.output.pipe(shown);
    await pipeline(shown, terminal.output, { end: false, signal: ending });
    if (mark?.exitCode !== undefined) return mark.exitCode;
    await session.closed;
  } catch (error) {
    if (leaving.signal.aborted) throw leaving.signal.reason;
    throw error;
  } finally {
    terminal.output.off('resize', resize);
    session.errorOutput.off('data', forward);
    session.output.unpipe(shown);
  }
  if (mark === undefined) return 0;
  throw endedWithoutMark(session);
}

/** The service has closed the channel in good order, but the shell has not ended. */
function endedWithoutMark({ lastActivity }: Session): SessionLostError {
  return Date.now() - lastActivity >= IDLE_ENOUGH_MS
    ? new SessionLostError('nothing was typed or shown for 20 minutes, and ECS ends such a session', 'Connect again')
    : new SessionLostError('it was ended from outside, or its task has stopped', 'Connect again');
}

/**
 * Sends what is typed until disposal. `pipeline` would destroy the terminal's stream, and with it the way back from
 * raw mode, so this is a plain pipe.
 */
function sendKeys(session: Session, { input, story }: Terminal, leaving: AbortController): Disposable {
  const keys = new EscapeKeys({
    onLeave: () => {
      leaving.abort(new SessionLeftError());
    },
    onHelp: () => void story.write(ESCAPE_HELP),
  });
  // A pty knows no end of input: Ctrl-D says it, as at a keyboard.
  keys.once('end', () => session.input.write(EOT));
  keys.pipe(session.input, { end: false });
  input.pipe(keys);
  return {
    [Symbol.dispose]: () => {
      input.unpipe(keys);
      input.pause();
    },
  };
}
