import type { Bastion } from '../../__tests__/support/bastion';
import { startHelper } from '../../__tests__/support/helper';
import { type Owned, own } from '../children';

/** The command `forward` and its ports of this machine, in the order of its arguments. Disposal ends it with Ctrl-C. */
export interface ForwardProcess extends Pick<Owned, 'pid' | 'exited'>, AsyncDisposable {
  readonly ports: readonly number[];
}

export async function startForward({ aws, outputsFile }: Bastion, argv: readonly string[]): Promise<ForwardProcess> {
  const helper = startHelper(['--outputs', outputsFile, 'forward', ...argv], aws.environment);
  const owned = own(helper.process);
  const close = async (): Promise<void> => {
    helper.process.kill('SIGINT');
    await helper.exitCode;
    await owned[Symbol.asyncDispose]();
  };
  try {
    await Promise.race([helper.tells(/Ctrl-C closes/), owned.exited]);
    const ports = [...helper.story().matchAll(/127\.0\.0\.1:(\d+) →/g)].map(([, port]) => Number(port));
    return { pid: owned.pid, exited: owned.exited, ports, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}
