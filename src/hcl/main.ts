import { parseArgs } from 'node:util';
import { projectContext, synthesize } from '../check/synth';
import { UsageError, UserError } from '../errors';
import { chosenPosture, type Posture } from '../infra/posture';
import { toHcl } from './convert';
import { format } from './format';

const HELP = `Prints the synthesized stack in Terraform's own language, for those who would rather read that.

Usage:
  npm run -s hcl                          in the posture that POSTURE or cdktf.json chooses
  npm run -s hcl -- --posture hardened    in this one; or reference

It is the same configuration: Terraform plans the same with it. Exit codes: 0; 1 an error; 2 wrong usage.
`;

async function main(argv: readonly string[]): Promise<number> {
  try {
    const { help, posture } = parse(argv);
    if (help) {
      process.stdout.write(HELP);
      return 0;
    }
    const stacks = await synthesize(projectContext(), checked(posture));
    for (const text of stacks.values()) process.stdout.write(await format(toHcl(text)));
    return 0;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    process.stderr.write(`Error: ${error.message}${error.message.includes('\n') ? '\n' : '. '}${error.remedy}\n`);
    return error.exitCode;
  }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: { help: { type: 'boolean', short: 'h', default: false }, posture: { type: 'string' } },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), 'See npm run hcl -- --help');
  }
}

/** What is not said the app finds itself, for each of its stacks. */
function checked(given: string | undefined): Posture | undefined {
  return given === undefined ? undefined : chosenPosture({ tryGetContext: () => undefined }, { POSTURE: given });
}

void main(process.argv.slice(2)).then((exitCode) => {
  process.exitCode = exitCode;
});
