import type { Writable } from 'node:stream';
import { UsageError, UserError } from '../errors';
import { dumpWords, DumpProgress, inDatabase } from '../transfer/dump';
import { newNonce } from '../transfer/nonce';
import { beginFile, explained } from '../transfer/partial-file';
import { clock, Progress, size } from '../transfer/progress';
import { receive } from '../transfer/receive';
import type { ConnectContext } from './connect';
import type { DumpOptions } from './dump-options';
import { inside } from './inside';
import { explainLogin } from './login';
import { shownErrors } from './shown-errors';
import { openOutput } from './standard-output';

/** Writes a dump of the database into a file that appears when it is whole. @returns the exit code */
export async function dump(options: DumpOptions, context: ConnectContext): Promise<number> {
  const { terminal } = context;
  const { file = await defaultName(context, options), format } = options;
  if (file === '-') {
    if (format === 'custom' && terminal.output.isTTY === true) {
      throw new UsageError('A custom dump is nothing for a terminal', 'Send it into a file, or ask for -- -Fp');
    }
    return await dumpInto(openOutput(terminal.output), options, context, 'standard output', () => Promise.resolve());
  }
  await using partial = await beginFile(file, { replace: options.force });
  try {
    return await dumpInto(partial.sink, options, context, file, () => partial.keep());
  } catch (error) {
    throw explained(error, file);
  }
}

async function dumpInto(
  sink: Writable,
  options: DumpOptions,
  context: ConnectContext,
  name: string,
  keep: () => Promise<void>,
): Promise<number> {
  const { terminal, story, interruption } = context;
  const { format, streams, database, rest } = options;
  return await inside(options, context, async ({ run, place }) => {
    const nonce = newNonce();
    const tables = new DumpProgress();
    const startedAt = performance.now();
    const received = await (async () => {
      using progress = new Progress(terminal.story);
      return await receive({
        run,
        words: inDatabase(database, dumpWords(nonce, format, rest)),
        nonce,
        sink,
        errorOutput: shownErrors(terminal.story),
        streams,
        compress: format === 'plain', // the custom format is compressed
        signal: interruption.signal,
        onFact: tables.onFact,
        onLine: tables.onLine,
        onProgress: (travelled, written) => {
          progress.update(written, format === 'plain' ? tables.shareOfBytes(written) : tables.share);
        },
      });
    })();
    const { exitCode, bytes, sha256 } = received;
    // The login is psql's code, which looked first.
    await explainLogin({ words: ['psql'], exitCode }, place);
    if (exitCode !== 0) throw new UserError(`pg_dump failed with the exit code ${exitCode}: nothing was kept`);
    await keep();
    const time = clock(performance.now() - startedAt);
    story.line(`Dumped into ${name}: ${size(bytes)} in ${time}, SHA-256 ${sha256}`);
    return 0;
  });
}

/** `aurora-bg-20260131-235959.dump`. */
async function defaultName({ deployment }: ConnectContext, { format }: DumpOptions): Promise<string> {
  const { cluster } = await deployment;
  const [date = '', time = ''] = new Date().toISOString().split('.')[0]?.replaceAll(/[-:]/g, '').split('T') ?? [];
  const name = cluster.replace(/^.*\//, '').replace(/-bastion-cluster$/, '');
  return `${name}-${date}-${time}.${format === 'plain' ? 'sql' : 'dump'}`;
}
