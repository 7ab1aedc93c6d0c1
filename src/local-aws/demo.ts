import { join } from 'node:path';
import { UserError } from '../errors';
import { PACKAGE } from '../package';
import { quoteAll } from '../remote/quote';
import { startLocalAws } from './index';
import { runCommand } from './run-command';

/** The whole way once, in an AWS of its own. */
const STEPS: readonly { readonly title: string; readonly command: readonly string[] }[] = [
  { title: 'Deploy the stack', command: ['npx', 'cdktf', 'deploy', '--auto-approve'] },
  {
    title: 'Ask PostgreSQL for its version, through a session on a bastion task',
    command: ['npm', 'run', '--silent', 'connect', '--', 'psql', '-P', 'pager=off', '-c', 'select version()'],
  },
  { title: 'Destroy the stack', command: ['npx', 'cdktf', 'destroy', '--auto-approve'] },
];

async function demo(): Promise<number> {
  say('Start a local AWS');
  await using local = await startLocalAws({
    directory: join(PACKAGE, `.local-aws-demo-${process.pid}`),
    say,
  });
  for (const { title, command } of STEPS) {
    say(`\n${title}\n$ ${quoteAll(command)}`);
    const exitCode = await runCommand(command, local.environment);
    if (exitCode !== 0) {
      say(`\nThe demo has failed: ${title} ended with exit code ${exitCode}`);
      return 1;
    }
  }
  say('\nDone. The local AWS ends now, and nothing of it is kept.');
  return 0;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

demo().then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    process.exitCode = 1;
    if (!(error instanceof UserError)) throw error;
    say(`Error: ${error.message}. ${error.remedy}`);
  },
);
