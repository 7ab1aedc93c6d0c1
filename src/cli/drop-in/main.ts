import { keepYoungHeapSmall } from '../young-heap';
import { runDropIn } from './run';

keepYoungHeapSmall();

const terminal = { input: process.stdin, output: process.stdout, story: process.stderr };
for (const stream of [process.stdout, process.stderr]) {
  // A reader that has gone must not keep the clean-up from happening.
  stream.on('error', () => undefined);
}

void runDropIn(process.argv.slice(2), terminal).then((exitCode) => {
  process.exitCode = exitCode;
});
