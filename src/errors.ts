/**
 * A fault that the reader can act on: what happened, and what to do about it.
 * Only `cli/run.ts` prints it; everything below throws it.
 */
export class UserError extends Error {
  /** What the process exits with. */
  readonly exitCode: number = 1;

  /**
   * @param message what happened, without a full stop
   * @param remedy what to do next; empty when the message says it all
   */
  constructor(
    message: string,
    readonly remedy = '',
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The command line was wrong: exit code 2 instead of 1. */
export class UsageError extends UserError {
  override readonly exitCode = 2;

  constructor(message: string, remedy = 'See --help') {
    super(message, remedy);
  }
}

/** The peer said something that the protocol does not allow; names the field, what came and what was expected. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** Node's own errors are not `instanceof Error` across realms (Jest), so their `code` decides. */
export function isErrno(error: unknown, ...codes: string[]): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && codes.includes(String(error.code));
}
