import { constants } from 'node:os';
import { parseArgs } from 'node:util';
import { UsageError, UserError } from '../errors';
import { PACKAGE } from '../package';
import { trySuccessor } from './run';

const HELP = `Moves the app to CDK Terrain, the successor of CDKTF, in a temporary folder, and compares what both synthesize.

Usage: npm run successor

Renames the imports, installs the successor's packages from the npm registry as src/successor/packages has them
(half a gigabyte, for as long as it runs), compiles, and synthesizes both postures with both. Differences that are
expected stand in src/successor/expected.ts.
Exit codes: 0 no other differences, 1 differences, or an error; 2 wrong usage.
`;

const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;
const interruption = new AbortController();
for (const signal of SIGNALS)
  process.on(signal, () => {
    interruption.abort(signal);
  });

async function main(argv: readonly string[]): Promise<number> {
  try {
    if (wantsHelp(argv)) {
      process.stdout.write(HELP);
      return 0;
    }
    const { exitCode, told } = await trySuccessor(PACKAGE, interruption.signal);
    process.stdout.write(told);
    return exitCode;
  } catch (error) {
    const signal = SIGNALS.find((one) => one === interruption.signal.reason);
    if (signal !== undefined) return 128 + constants.signals[signal];
    if (!(error instanceof UserError)) throw error;
    process.stderr.write(`Error: ${error.message}${error.message.includes('\n') ? '\n' : '. '}${error.remedy}\n`);
    return error.exitCode;
  }
}

function wantsHelp(argv: readonly string[]): boolean {
  try {
    return parseArgs({ args: [...argv], options: { help: { type: 'boolean', short: 'h', default: false } } }).values
      .help;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), 'See npm run successor -- --help');
  }
}

void main(process.argv.slice(2)).then((exitCode) => {
  process.exitCode = exitCode;
});
