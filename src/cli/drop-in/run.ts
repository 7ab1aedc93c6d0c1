import { CLIENT_VERSION } from '../../session/client-version';
import { report } from '../report';
import { untilInterrupted } from '../signals';
import { Story } from '../story';
import type { Terminal } from '../terminal';
import { parseDropIn } from './arguments';
import { loadSession } from './lazily';

const ABOUT = `This session-manager-plugin is ready: the AWS CLI may use it.\n`;

/** Runs one call of the AWS CLI. @returns the exit code */
export async function runDropIn(argv: readonly string[], terminal: Terminal): Promise<number> {
  const story = new Story(terminal.story);
  using interruption = untilInterrupted();
  try {
    const command = parseDropIn(argv, process.env);
    switch (command.kind) {
      case 'about':
        terminal.output.write(ABOUT);
        return 0;
      case 'version':
        // The AWS CLI compares it to know what this client can do.
        terminal.output.write(`${CLIENT_VERSION}\n`);
        return 0;
      case 'session': {
        return await loadSession().holdSession(command, { terminal, story, signal: interruption.signal });
      }
    }
  } catch (error) {
    return report(error, story, interruption.signal);
  }
}
