import { run } from './run';

void run(process.argv.slice(2), process.cwd(), { output: process.stdout, story: process.stderr }).then((exitCode) => {
  process.exitCode = exitCode;
});
