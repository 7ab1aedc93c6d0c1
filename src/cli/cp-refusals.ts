import { UserError } from '../errors';
import { type Refusal, RemoteFailure } from '../transfer/files/refusal';

type Words = readonly [message: string, remedy: string];

const REFUSALS: Readonly<Record<Refusal, Words>> = {
  missing: ['there is no such file or folder in the task', ''],
  special: ['is neither a file nor a folder', ''],
  denied: ['the task’s user has no permission', ''],
  changed: ['changed while it was read: nothing was kept', 'Try again when nothing writes to it'],
  archiver: [
    'the container has no tar and no python3, which a folder and several sources need',
    'Copy one file at a time, or install tar in it: exec -- yum install -y tar',
  ],
  isFolder: ['is a folder', 'Add -r to copy folders, or name another target'],
  isNoFolder: ['is no folder', 'Name another target'],
  noParent: ['its folder is not there', 'Make it first: exec -- mkdir -p FOLDER'],
  noTarget: ['there is no such folder in the task', 'Make it first: exec -- mkdir -p FOLDER'],
  exists: ['exists already', 'Add --force to replace it'],
  clash: ['has a folder where a file should go, or a file where a folder should: nothing was kept', ''],
};

/**
 * What it means that the container's side did not do it; any other error as it is.
 * @param shown the path it is about, by the index of the item; -1 is the target itself
 */
export function explainRefusal(error: unknown, shown: (index: number, isInFolder: boolean) => string): unknown {
  if (!(error instanceof RemoteFailure)) return error;
  const { refusal, index, isInFolder, said, remoteExitCode } = error;
  const path = shown(index, isInFolder);
  const [first = `the exit code was ${remoteExitCode}`] = said.trim().split('\n');
  if (refusal !== undefined) {
    const [message, remedy] = REFUSALS[refusal];
    const detail = refusal === 'clash' ? `\n${said.trim()}` : '';
    return new UserError(`${path}: ${message}${detail}`, remedy, { cause: error });
  }
  if (/No space left on device|Disk quota exceeded/.test(said)) {
    return new UserError(`${path}: the disk in the task is full`, 'Make room there: nothing was kept', {
      cause: error,
    });
  }
  if (/file changed as we read it|File shrank by|unexpected end of data/.test(said)) {
    return new UserError(`${path}: ${first}: nothing was kept`, 'Try again when nothing writes to it', {
      cause: error,
    });
  }
  return new UserError(`${path}: ${said.trim() || first}: nothing was kept`, '', { cause: error });
}
