import { createReadStream } from 'node:fs';
import { UserError } from '../errors';
import { isUtf8 } from '../psql/encodings';
import { COPY_IN_WORDS, copyInScript, withoutScriptName } from '../transfer/copy';
import { CsvScanner } from '../transfer/csv-file';
import { inDatabase } from '../transfer/dump';
import { byteOrderMark, readFile } from '../transfer/local-file';
import { newNonce } from '../transfer/nonce';
import { clock, Progress, size } from '../transfer/progress';
import { send } from '../transfer/send';
import { spooled } from '../transfer/spool';
import type { ConnectContext } from './connect';
import type { CopyInOptions } from './copy-options';
import { inside } from './inside';
import { explainLogin } from './login';
import { shownErrors } from './shown-errors';

/** Takes a CSV file into a table: all of its rows or none. @returns the exit code */
export async function copyIn(options: CopyInOptions, context: ConnectContext): Promise<number> {
  if (options.file !== '-') return await copyFile(options.file, options, context);
  // It is read twice: once to know what it is.
  await using spool = await spooled(context.terminal.input);
  return await copyFile(spool.path, options, context, 'standard input');
}

async function copyFile(path: string, options: CopyInOptions, context: ConnectContext, name = path): Promise<number> {
  const { terminal, story, interruption } = context;
  const { table, format, database } = options;
  const start = await byteOrderMark(path);
  const scanner = new CsvScanner(name, isUtf8(format.encoding) ? 'UTF-8' : 'bytes');
  const file = await readFile(path, scanner.look, start);
  const records = scanner.end() - (format.hasHeader ? 1 : 0);
  if (records < 0) throw new UserError(`${name} is empty: it has no header line`, 'Is it the right file?');
  const nonce = newNonce();
  const header = format.hasHeader ? headerOf(scanner.firstRecord, format.encoding) : undefined;
  const script = copyInScript(nonce, table, format, { records, header });
  return await inside(options, context, async ({ run, place }) => {
    const startedAt = performance.now();
    let rows: number | undefined;
    const exitCode = await (async () => {
      using progress = new Progress(terminal.story, file.bytes);
      return await send({
        run,
        words: inDatabase(database, COPY_IN_WORDS),
        script,
        nonce,
        source: () => createReadStream(path, { start }),
        sha256: file.sha256,
        compress: true,
        output: terminal.output,
        errorOutput: shownErrors(terminal.story),
        signal: interruption.signal,
        onFact: (fact, value) => {
          if (fact === 'rows') rows = Number(value);
        },
        onLine: withoutScriptName,
        onProgress: (bytes) => {
          progress.update(bytes);
        },
      });
    })();
    await explainLogin({ words: ['psql'], exitCode }, place);
    if (exitCode !== 0) throw new UserError(`The copy stopped at the first error: ${table} is as it was`);
    if (rows !== records) {
      throw new UserError(`${name} has ${records} rows, but PostgreSQL read ${rows ?? 'none'}: ${table} is as it was`);
    }
    story.line(`Copied ${records} rows into ${table}: ${size(file.bytes)} in ${clock(performance.now() - startedAt)}`);
    return 0;
  });
}

/** The header line; `undefined` where its characters are not known, and the columns go by their order. */
function headerOf(record: Buffer, encoding: string): string | undefined {
  return isUtf8(encoding) || record.every((byte) => byte < 0x80) ? record.toString() : undefined;
}
