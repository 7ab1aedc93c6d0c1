import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCommand } from './args';
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
      terminal.output.write(readFileSync(join(__dirname, '../../help'), 'utf8'));
      return 0;
    }
    // The AWS clients take longer to load than help takes to read.
    const { connect } = await import('./connect.js');
    return await connect(command.options, { terminal, story, interruption });
  } catch (error) {
    return report(error, story, interruption.signal);
  }
}
