import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { temporaryDirectory } from '../../support/bastion';
import { synthesize } from '../../support/synth';

const ROOT = resolve(__dirname, '../../..');
const COMMIT = '0123456789012345678901234567890123456789';

interface Step {
  readonly id?: string;
  readonly run?: string;
}
interface Workflow {
  readonly jobs: { readonly review: { readonly steps: readonly Step[] } };
}

const { jobs } = parse(readFileSync(join(ROOT, '.github/workflows/review.yml'), 'utf8')) as Workflow;
const script = jobs.review.steps.find(({ id }) => id === 'review')?.run ?? '';

/** Runs the script of the step that reviews, with the shell and the options of a runner. @returns its output */
async function runStep(cwd: string, change: string): Promise<string> {
  const folder = temporaryDirectory();
  mkdirSync(join(folder, 'change/stacks/aurora-bg'), { recursive: true });
  writeFileSync(join(folder, 'change/stacks/aurora-bg/cdk.tf.json'), change);
  const [output, summary] = [join(folder, 'output'), join(folder, 'summary')];
  const env = {
    PATH: process.env.PATH,
    RUNNER_TEMP: folder,
    BASE: COMMIT,
    GITHUB_OUTPUT: output,
    GITHUB_STEP_SUMMARY: summary,
  };
  await promisify(execFile)('bash', ['-e', '-c', script], { env, cwd });
  const [, delimiter = '', markdown = ''] =
    /^markdown<<(end-[0-9a-f]{32})\n([^]*)$/.exec(readFileSync(output, 'utf8')) ?? [];
  expect(markdown.endsWith(`${delimiter}\n`)).toBe(true);
  const said = markdown.slice(0, -delimiter.length - 1);
  expect(readFileSync(summary, 'utf8')).toBe(said);
  return said;
}

it('reviews what the change has synthesized against what the base synthesizes', async () => {
  const change = synthesize().replace('"retention_in_days": 7', '"retention_in_days": 30');
  const said = await runStep(ROOT, change);
  expect(said).toContain(`resources: 1 changed, against \`${COMMIT}\`\n`);
  expect(said).toContain('retention_in_days: 7 → 30\n');
});

it('says so where the base has a reviewer that knows no folders', async () => {
  const base = temporaryDirectory();
  writeFileSync(join(base, 'package.json'), JSON.stringify({ scripts: { review: 'echo "Usage: [--base REF]"' } }));
  expect(await runStep(base, '{}')).toBe(
    'The base cannot review what another tree has synthesized yet: it can from the next pull request on.\n',
  );
});
