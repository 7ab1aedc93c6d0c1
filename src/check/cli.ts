import { parseArgs } from 'node:util';
import { UsageError, UserError } from '../errors';
import { check, type Finding, open } from './check';
import { parseConfiguration } from './configuration';
import { report } from './report';
import { SUPPRESSIONS } from './suppressions';
import { projectContext, synthesize } from './synth';
import { type Target, targetsOf } from './targets';

const HELP = `Checks the synthesized configuration by rules of public scanners (CKV_…, AVD-…) and our own (AB_…).

Usage:
  npm run check                          in the posture that POSTURE or cdktf.json chooses
  npm run check -- --posture hardened    in this one; or reference
  npm run -s check -- --json             as JSON
  npm run check -- --env NAME            one of the environments of cdktf.json; without it, all

What stays, and why, stands in src/check/suppressions.ts.
Exit codes: 0 nothing found that is not suppressed, 1 something found, or an error; 2 wrong usage.
`;

async function main(argv: readonly string[]): Promise<number> {
  const { help, json, posture: given, env: name } = parse(argv);
  if (help) {
    process.stdout.write(HELP);
    return 0;
  }
  const { targets, context } = targetsOf(projectContext(), given, name);
  // Each target's posture stands in the context, where there are environments.
  const stacks = await synthesize(context, targets[0]?.environment === undefined ? targets[0]?.posture : '');
  const checked = targets.map(({ stack, environment, posture }) => {
    const text = stacks.get(stack);
    if (text === undefined) throw new UserError(`The app has no stack ${stack}`, 'Look at main.ts');
    const findings = check(parseConfiguration(text), SUPPRESSIONS[posture]);
    return { stack, environment, posture, findings: findings.map((one) => ({ stack, ...one })) };
  });
  process.stdout.write(json ? asJson(checked) : checked.map(asText).join('\n'));
  return checked.every(({ findings }) => open(findings).length === 0) ? 0 : 1;
}

interface Checked extends Target {
  readonly findings: readonly (Finding & { readonly stack: string })[];
}

function asText({ environment, stack, posture, findings }: Checked): string {
  const title = environment === undefined ? '' : `Environment ${environment} (${stack}, ${posture})\n`;
  return `${title}${report(findings)}`;
}

/** One stack: `{ posture, findings }`; environments: their postures by name, and the findings with them. */
function asJson(checked: readonly Checked[]): string {
  const findings = checked.flatMap((one) =>
    one.findings.map((finding) =>
      one.environment === undefined ? finding : { environment: one.environment, ...finding },
    ),
  );
  const postures = checked.map(({ environment, posture }) => [environment, posture] as const);
  const [[name, posture] = []] = postures;
  const head = name === undefined ? { posture } : { environments: Object.fromEntries(postures) as object };
  return `${JSON.stringify({ ...head, findings }, undefined, 2)}\n`;
}

function parse(argv: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        json: { type: 'boolean', default: false },
        posture: { type: 'string' },
        env: { type: 'string' },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), 'See npm run check -- --help');
  }
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
