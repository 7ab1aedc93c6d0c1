import { UserError } from '../../errors';

/** Names that are kept until the end of an archive; about three hundred thousand folders and links. */
const MOST_BYTES = 64 << 20;
/** What an entry takes beside its names. */
const ENTRY_BYTES = 160;

/** Counts what is kept in memory of an archive whose size somebody else decides. */
export class Budget {
  private bytes = 0;

  /** @throws UserError when it is too much */
  take(...names: readonly string[]): void {
    this.bytes += names.reduce((sum, name) => sum + name.length, ENTRY_BYTES);
    if (this.bytes <= MOST_BYTES) return;
    throw new UserError(
      'The folder has too many folders and links for this machine’s memory',
      'Copy its folders one by one, or make an archive of it there and copy that',
    );
  }
}
