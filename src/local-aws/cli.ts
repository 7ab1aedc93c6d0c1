import { quote } from '../remote/quote';
import { UserError } from '../errors';
import { PACKAGE } from '../package';
import { commandEnvironment, REMOVED } from './environment';
import { faultsOf } from './faults';
import { checkTools, startLocalAws } from './index';
import { findInstance, instanceDirectory, startInstance, statusOf, stopInstance } from './instance';
import { runCommand } from './run-command';

const HELP = `A local AWS for trials and tests: real Terraform, real PostgreSQL, tasks that are processes.

Usage:
  npm run local -- up          start it in the background
  npm run local -- down        end it and delete everything it kept
  npm run local -- status      what runs in it
  npm run local -- env         export lines for a shell: eval "$(npm run --silent local -- env)"
  npm run local -- COMMAND …   run a command against it; when none is up, one lives as long as the command

  npm run local -- npx cdktf deploy --auto-approve
  npm run local -- npm run connect -- psql
  npm run local -- aws ecs list-clusters

Everything lies in .local-aws, the Terraform state of what was deployed there too. LOCAL_AWS_DIR names another
folder, a new or an empty one: "down" deletes it with all that is in it.
COMMAND runs in this checkout; to run one in another folder, use the lines of env there.
LOCAL_AWS_REGION names another region; LOCAL_AWS_FAULTS sets faults as JSON, such as {"startDelayMs":20000}.
Every request must be signed with the key of this local AWS, which is new at each start: the
command gets it, and so does a shell with the lines of env. Keep those lines to yourself.
A session's websocket is opened as AWS does it since late 2026, for clients that sign and are new enough;
{"olderService":true} takes all others too.
`;

async function local(words: readonly string[]): Promise<number> {
  const directory = instanceDirectory(process.env, PACKAGE);
  const [first, ...rest] = words[0] === '--' ? words.slice(1) : words;
  if (first === undefined || first === '--help' || first === '-h') {
    process.stdout.write(HELP);
    return first === undefined ? 2 : 0;
  }
  if (first.startsWith('-')) throw new UserError(`Unknown option ${first}`, 'See npm run local -- --help');
  if (rest.length > 0 || !(first in SUBCOMMANDS)) return runAgainst(directory, [first, ...rest]);
  return SUBCOMMANDS[first as keyof typeof SUBCOMMANDS](directory);
}

const SUBCOMMANDS = {
  up: async (directory: string) => {
    const running = await findInstance(directory);
    if (running === undefined) {
      checkTools();
      faultsOf(process.env); // the server reads them, when its folder has been made
    }
    const { endpoint } = running ?? (await startInstance(directory, say));
    say(`The local AWS ${running === undefined ? 'is up' : 'was up already'} at ${endpoint}`);
    say('Next: npm run local -- npx cdktf deploy --auto-approve');
    return 0;
  },
  down: async (directory: string) => {
    say((await stopInstance(directory)) ? 'The local AWS is down; nothing of it is left' : 'There is no local AWS');
    return 0;
  },
  status: async (directory: string) => {
    const instance = await findInstance(directory);
    if (instance === undefined) {
      process.stdout.write('down\n');
      return 1;
    }
    const { tasks } = await statusOf(instance);
    process.stdout.write(`up at ${instance.endpoint}\n`);
    for (const { taskArn, lastStatus } of tasks) process.stdout.write(`${String(taskArn)} ${String(lastStatus)}\n`);
    return 0;
  },
  env: async (directory: string) => {
    const instance = await findInstance(directory);
    if (instance === undefined) throw new UserError('The local AWS is not up', 'Start it with: npm run local -- up');
    process.stdout.write(`unset ${REMOVED.join(' ')}\n`);
    for (const [name, value] of Object.entries(instance.variables)) {
      process.stdout.write(`export ${name}=${quote(value)}\n`);
    }
    return 0;
  },
} as const;

async function runAgainst(directory: string, words: readonly string[]): Promise<number> {
  const instance = await findInstance(directory);
  if (instance !== undefined) return runCommand(words, commandEnvironment(instance.variables));
  // Apart from the folder of `up`, which may hold the state of a crashed one until the next `up`.
  await using own = await startLocalAws({
    directory: `${directory}-${process.pid}`,
    faults: faultsOf(process.env),
    say,
  });
  return await runCommand(words, own.environment);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

local(process.argv.slice(2)).then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    process.exitCode = 1;
    if (!(error instanceof UserError)) throw error;
    say(`Error: ${error.message}${error.remedy === '' ? '' : `. ${error.remedy}`}`);
  },
);
