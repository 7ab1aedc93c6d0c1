import type { Readable, Writable } from 'node:stream';
import { ProtocolError, UserError } from '../errors';
import { type Session, SessionLostError } from '../session/session';
import { ExecFrames } from './exec-frames';
import { ExecInput } from './exec-input';

/** The three standard streams of a program. */
export interface StandardStreams {
  readonly input: Readable;
  readonly output: Writable;
  readonly errorOutput: Writable;
}

export interface ExecRunOptions {
  /** As given to `execCommand`. */
  readonly nonce: string;
  readonly streams: StandardStreams;
  /** Takes what the remote side has to say to the user. */
  readonly warn: (text: string) => void;
  /** When it aborts, the command gets `interrupt(reason)`, and a moment to end. */
  readonly signal: AbortSignal;
  readonly interrupt: (reason: unknown) => 'HUP' | 'INT' | 'QUIT' | 'TERM';
  /** The command starts. */
  readonly onReady?: () => void;
}

/** How long an interrupted command may take to end before it is left. */
const INTERRUPT_GRACE_MS = 2_000;

/**
 * Moves bytes between the streams and a session that runs an `execCommand`, as they are, until the command has ended.
 * @returns its exit code, 128 + n when signal n ended it
 * @throws SessionLostError when the session ends before it, or what comes makes no sense; UserError when the container lacks what this needs;
 *   the error of a stream; the signal's reason
 */
export async function runExec(session: Session, options: ExecRunOptions): Promise<number> {
  const { nonce, streams, warn, signal, interrupt, onReady } = options;
  const frames = new ExecFrames(nonce);
  const giveUp = new AbortController();
  const input = new ExecInput(streams.input, session.input, (error) => {
    giveUp.abort(error);
  });
  let grace: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    input.signal(interrupt(signal.reason));
    grace = setTimeout(() => {
      giveUp.abort(signal.reason);
    }, INTERRUPT_GRACE_MS);
  };
  const onGiveUp = (): void => {
    session.output.destroy(giveUp.signal.reason as Error);
  };
  giveUp.signal.addEventListener('abort', onGiveUp);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  void passOn(session.errorOutput, streams.errorOutput, giveUp.signal);
  try {
    for await (const chunk of session.output as AsyncIterable<Buffer>) {
      for (const frame of frames.take(chunk)) {
        switch (frame.type) {
          case 'ready':
            onReady?.();
            input.start();
            break;
          case 'data':
            await write(frame.stream === 'output' ? streams.output : streams.errorOutput, frame.data, giveUp.signal);
            input.acknowledgeOutput();
            break;
          case 'stray':
            await write(streams.errorOutput, frame.data, giveUp.signal);
            break;
          case 'credit':
            input.taken(frame.bytes);
            break;
          case 'inputClosed':
            input.stop();
            break;
          case 'warning':
            warn(frame.text);
            break;
          case 'missing':
            throw missing(frame.programs);
          case 'exit':
            input.acknowledgeExit();
            signal.throwIfAborted();
            return frame.exitCode;
        }
      }
    }
    await session.closed;
    throw new SessionLostError('it was ended before the command had, by its task or from outside');
  } catch (error) {
    if (error instanceof ProtocolError) throw new SessionLostError(error.message, undefined, { cause: error });
    throw error;
  } finally {
    clearTimeout(grace);
    giveUp.signal.removeEventListener('abort', onGiveUp);
    signal.removeEventListener('abort', onAbort);
    input.stop();
  }
}

function missing(programs: string): UserError {
  return new UserError(
    `The container lacks what a session without a terminal needs: ${programs}`,
    'Install coreutils or busybox in its image, or use `exec -t` with a terminal',
  );
}

/** A session at a terminal has no errors apart. What comes as such all the same must not keep the rest from coming. */
async function passOn(from: Readable, to: Writable, signal: AbortSignal): Promise<void> {
  try {
    for await (const chunk of from as AsyncIterable<Buffer>) await write(to, chunk, signal);
  } catch {
    // Whoever reads the errors has gone, or the command is given up; either shows elsewhere.
  }
}

/** Settles when the reader has it, so that a slow one holds the remote side back. */
async function write(stream: Writable, data: Buffer, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', abort, { once: true });
    stream.write(data, (error) => {
      signal.removeEventListener('abort', abort);
      if (error) reject(error);
      else resolve();
    });
  });
}
