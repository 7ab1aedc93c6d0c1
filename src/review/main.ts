import { constants } from 'node:os';
import { run } from './run';

const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;
const interruption = new AbortController();
for (const signal of SIGNALS)
  process.on(signal, () => {
    interruption.abort(signal);
  });

const streams = { output: process.stdout, story: process.stderr };
// npm starts it in the checkout, wherever the user stands.
void run(process.argv.slice(2), process.cwd(), streams, interruption.signal, process.env.INIT_CWD)
  .catch((error: unknown) => {
    const signal = SIGNALS.find((one) => one === error);
    if (signal === undefined) throw error;
    return 128 + constants.signals[signal];
  })
  .then((exitCode) => {
    process.exitCode = exitCode;
  });
