import { parseArgs } from 'node:util';
import { UsageError, UserError } from '../errors';
import { chosenPosture, type Posture } from '../infra/posture';
import { check, open } from './check';
import { parseConfiguration } from './configuration';
import { report } from './report';
import { SUPPRESSIONS } from './suppressions';
import { projectContext, synthesize } from './synth';

const HELP = `Checks the synthesized configuration by rules of public scanners (CKV_…, AVD-…) and our own (AB_…).

Usage:
  npm run check                          in the posture that POSTURE or cdktf.json chooses
  npm run check -- --posture hardened    in this one; or reference
  npm run -s check -- --json             as JSON

What stays, and why, stands in src/check/suppressions.ts.
Exit codes: 0 nothing found that is not suppressed, 1 something found, or an error; 2 wrong usage.
`;

async function main(argv: readonly string[]): Promise<number> {
  const { help, json, posture: given } = parse(argv);
  if (help) {
    process.stdout.write(HELP);
    return 0;
  }
  const posture = choose(given);
  const stacks = await synthesize(posture);
  const findings = [...stacks].flatMap(([stack, text]) =>
    check(parseConfiguration(text), SUPPRESSIONS[posture]).map((one) => ({ stack, ...one })),
  );
  process.stdout.write(json ? `${JSON.stringify({ posture, findings }, undefined, 2)}\n` : report(findings));
  return open(findings).length === 0 ? 0 : 1;
}

function parse(argv: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        json: { type: 'boolean', default: false },
        posture: { type: 'string' },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), 'See npm run check -- --help');
  }
}

function choose(given: string | undefined): Posture {
  const context = projectContext();
  const env = given === undefined ? process.env : { POSTURE: given };
  return chosenPosture({ tryGetContext: (key) => context[key] }, env);
}

main(process.argv.slice(2)).then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    process.exitCode = error.exitCode;
    process.stderr.write(`Error: ${error.message}. ${error.remedy}\n`);
  },
);
