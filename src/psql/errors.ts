import { UserError } from '../errors';
import type { Place } from './line-map';

/** Something in a script that cannot be run; names its place. */
export class ScriptError extends UserError {
  constructor({ file, line }: Place, message: string, remedy = '') {
    super(`${file}:${line}: ${message}`, remedy);
  }
}
