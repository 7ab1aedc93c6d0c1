import { UserError } from '../errors';
import { startLocalAws, MARK } from './index';
import { SERVER_MARK } from './instance';
import { faultsOf } from './faults';
import { writeRecord } from './record';

/** The background process behind `npm run local -- up`: lives until SIGTERM. */
async function serve(directory: string): Promise<void> {
  Reflect.deleteProperty(process.env, SERVER_MARK); // ours alone: our children must outlive a sweep for it
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.on(signal, () => {
        resolve();
      });
  });
  // The terminal it was started from may close.
  process.on('SIGHUP', () => undefined);
  await using local = await startLocalAws({
    directory,
    ephemeral: false,
    faults: faultsOf(process.env),
    say: (line) => process.send?.({ say: line }),
  });
  const { id, endpoint, endpoints, variables } = local;
  const instance = { id, pid: process.pid, endpoint, endpoints, mark: `${MARK}=${id}`, variables };
  writeRecord(directory, instance);
  process.send?.({ ready: instance });
  await stopped;
}

serve(process.argv[2] ?? '').catch((error: unknown) => {
  const told: readonly [string, string] =
    error instanceof UserError ? [error.message, error.remedy] : [String(error), 'See the log of the local AWS'];
  console.error(error);
  process.exitCode = 1;
  process.send?.({ error: told }, () => {
    process.disconnect();
  });
});
