import { run } from './run';
import { keepYoungHeapSmall } from './young-heap';

keepYoungHeapSmall();

const terminal = { input: process.stdin, output: process.stdout, story: process.stderr };
for (const stream of [process.stdout, process.stderr]) {
  // A reader that has gone (a closed terminal, `| head`) must not keep the clean-up from happening.
  stream.on('error', () => undefined);
}

// Should nothing be left to wait for before the end, that is no success.
process.exitCode = 1;
void run(process.argv.slice(2), terminal).then((exitCode) => {
  process.exitCode = exitCode;
});
