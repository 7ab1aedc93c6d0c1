import { UserError } from '../errors';

/** Bytes did not arrive as they were sent. */
export class TransferError extends UserError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, 'Try again: nothing was kept of it', options);
  }
}
