import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE } from '../package';
import { type Command, parseCommand } from './args';
import type { ConnectContext } from './connect';
import { findDeployment } from './deployment';
import { report } from './report';
import { untilInterrupted } from './signals';
import { Story } from './story';
import type { Terminal } from './terminal';

/** Runs one command line. @returns the exit code */
export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  const story = new Story(terminal.story);
  using interruption = untilInterrupted();
  try {
    const command = parseCommand(argv, process.env);
    if (command.kind === 'help') {
      terminal.output.write(readFileSync(join(PACKAGE, 'help'), 'utf8'));
      return 0;
    }
    // Terraform takes its time on another processor; meanwhile the AWS clients are loaded.
    const deployment = findDeployment(command.options, story, interruption.signal);
    deployment.catch(() => undefined); // whoever awaits it hears of it
    return await perform(command, { terminal, story, interruption, deployment });
  } catch (error) {
    return report(error, story, interruption.signal);
  }
}

/** Each command is loaded alone: the AWS clients take longer to load than a command line takes to read. */
async function perform(command: Exclude<Command, { kind: 'help' }>, context: ConnectContext): Promise<number> {
  switch (command.kind) {
    case 'connect':
      return (await import('./connect.js')).connect(command.options, context);
    case 'start':
      return (await import('./start.js')).start(command.options, context);
    case 'status':
      return (await import('./status.js')).status(command.options, context);
    case 'stop':
      return (await import('./stop.js')).stop(command.options, context);
    case 'logs':
      return (await import('./logs.js')).logs(command.options, context);
    case 'doctor':
      return (await import('./doctor-command.js')).doctorCommand(command.options, context);
    case 'policy':
      return (await import('./policy.js')).policy(command.options, context);
    case 'sql':
      return (await import('./sql.js')).sql(command.options, context);
    case 'dump':
      return (await import('./dump.js')).dump(command.options, context);
    case 'copy-out':
      return (await import('./copy-out.js')).copyOut(command.options, context);
    case 'copy-in':
      return (await import('./copy-in.js')).copyIn(command.options, context);
    case 'restore':
      return (await import('./restore.js')).restore(command.options, context);
    case 'cp':
      return (await import('./cp.js')).cp(command.options, context);
    case 'forward':
      return (await import('./forward/forward.js')).forward(command.options, context);
  }
}
