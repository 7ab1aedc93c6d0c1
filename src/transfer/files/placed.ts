import { isErrno, UserError } from '../../errors';

/** Places one thing of an archive. @throws UserError when something is there already */
export async function placed(at: string, place: () => Promise<unknown>): Promise<void> {
  try {
    await place();
  } catch (error) {
    throw isErrno(error, 'EEXIST') ? twice(at, error) : error;
  }
}

export function twice(at: string, cause?: unknown): UserError {
  const remedy = 'Where names that differ in case are the same, one of them has to be renamed';
  return new UserError(`What comes has two things of one name: ${JSON.stringify(at)}`, remedy, { cause });
}
