import { UserError } from '../errors';

/** The session has gone, and with it what the remote side still had to say. */
export class SessionLostError extends UserError {
  /** As ssh. */
  override readonly exitCode = 255;

  constructor(reason: string, remedy = 'Run the command again', options?: ErrorOptions) {
    super(`The session was lost: ${reason}`, remedy, options);
  }
}

/** The channel was closed with a reason, such as a command that could not be started. */
export class SessionRefusedError extends UserError {
  constructor(readonly reason: string) {
    super(`The session ended: ${reason}`);
  }
}

/** In a few words, whatever was thrown. */
export function describe(error: unknown): string {
  return error instanceof Error || (typeof error === 'object' && error !== null && 'message' in error)
    ? String(error.message)
    : String(error);
}
