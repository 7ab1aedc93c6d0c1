import type { ConnectContext } from './connect';
import { cpIn } from './cp-in';
import type { CpOptions } from './cp-options';
import { cpOut } from './cp-out';

/** Copies between this machine and a task. @returns the exit code */
export async function cp(options: CpOptions, context: ConnectContext): Promise<number> {
  return options.direction === 'in' ? await cpIn(options, context) : await cpOut(options, context);
}
