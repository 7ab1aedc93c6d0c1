import { ProtocolError, UserError } from '../errors';

/** The session has gone, and with it what the remote side still had to say. */
export class SessionLostError extends UserError {
  /** As ssh. */
  override readonly exitCode = 255;

  constructor(reason: string, remedy = 'Run the command again', options?: ErrorOptions) {
    super(`The session was lost: ${reason}`, remedy, options);
  }
}

/** The session had to be encrypted, and began as one that is not: nothing was typed into it, and no key was asked for. */
export class SessionNotEncryptedError extends SessionLostError {
  constructor(reason: string) {
    super(
      reason,
      "See whether the cluster's key has just been changed, and else tell whoever keeps the account: something stands in between",
    );
  }
}

/** As `SessionNotEncryptedError`, of the channel. */
export class NotEncryptedError extends ProtocolError {
  constructor() {
    super('the cluster wants its sessions encrypted with a KMS key, and this one is not');
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
