import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../errors';
import { PACKAGE } from '../package';

/** The `app` of a commit from before programs were compiled; the package that it names is not installed any more. */
const EARLIER = '"node --import tsx main.ts"';
const APP = '"node src/start/launch.cjs main"';

/** Lets a checkout of such a commit run with the packages of now: the launcher is lent to it. */
export function lendLauncher(checkout: string): void {
  const file = join(checkout, 'cdktf.json');
  const text = textOf(file);
  if (!text.includes(EARLIER)) return;
  cpSync(join(PACKAGE, 'src/start'), join(checkout, 'src/start'), { recursive: true });
  writeFileSync(file, text.replace(EARLIER, APP));
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return ''; // whoever needs it says so
    throw error;
  }
}
