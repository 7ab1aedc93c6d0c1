import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMap, isScalar, parse, parseDocument, visit } from 'yaml';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly if?: string;
  readonly needs?: string | readonly string[];
  readonly outputs?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const WORKFLOWS = join(__dirname, '../../../.github/workflows');
const files = readdirSync(WORKFLOWS).filter((name) => /\.ya?ml$/.test(name));
const read = (file: string): string => readFileSync(join(WORKFLOWS, file), 'utf8');
const workflow = parse(read('review.yml')) as Workflow;
const stepsOf = ({ jobs }: Workflow): readonly Step[] => Object.values(jobs).flatMap(({ steps }) => steps);

describe.each(files)('%s', (file) => {
  const one = parse(read(file)) as Workflow;

  it('pins every action by its commit, with the version beside it', () => {
    const pins: string[] = [];
    visit(parseDocument(read(file)), {
      Pair(_, { key, value }) {
        if (!isScalar(key) || key.value !== 'uses' || !isScalar(value)) return;
        pins.push(`${String(value.value)} #${value.comment ?? ''}`);
      },
    });
    expect(pins.length).toBeGreaterThan(0);
    for (const pin of pins) expect(pin).toMatch(/^[\w-]+\/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('has one commit for each action', () => {
    const pins = new Set(stepsOf(one).flatMap(({ uses }) => (uses === undefined ? [] : [uses])));
    expect(pins.size).toBe(new Set([...pins].map((pin) => pin.split('@')[0])).size);
  });

  it('does not run with the rights of the branch that a change goes into', () => {
    expect(Object.keys(one.on)).not.toContain('pull_request_target');
    expect(Object.keys(one.on)).not.toContain('workflow_run');
  });

  it('gives no right to all jobs, and no job more than it says', () => {
    expect(one.permissions).toEqual({});
    for (const job of Object.values(one.jobs)) expect(job.permissions).toBeDefined();
  });

  it('puts no expression into a script: values come as variables', () => {
    for (const { run = '' } of stepsOf(one)) expect(run).not.toContain('${{');
  });
});

describe('the review of a pull request', () => {
  it('lets the one job that comments write comments, and nothing else', () => {
    expect(Object.entries(workflow.jobs).map(([name, { permissions }]) => [name, permissions])).toEqual([
      ['test', { contents: 'read' }],
      ['successor', { contents: 'read' }],
      ['base', { contents: 'read' }],
      ['synthesize', { contents: 'read' }],
      ['review', { contents: 'read' }],
      ['comment', { 'pull-requests': 'write' }],
    ]);
  });

  it('runs no code of the change in the job that may write', () => {
    const { steps = [] } = workflow.jobs.comment ?? {};
    expect(steps.map(({ uses }) => uses)).toEqual([undefined]);
    expect(steps[0]?.run).not.toMatch(/npm|node|checkout|eval/);
  });

  it('reviews with the code of the base, to which the change is a folder of data', () => {
    const { needs, steps = [] } = workflow.jobs.review ?? {};
    expect(needs).toEqual(['base', 'synthesize']);
    const checkouts = steps.filter(({ uses = '' }) => uses.startsWith('actions/checkout@'));
    expect(checkouts.map((step) => step.with?.ref)).toEqual(['${{ needs.base.outputs.commit }}']);
    // Whatever is written beside the checkout cannot become a part of it.
    const downloads = steps.filter(({ uses = '' }) => uses.startsWith('actions/download-artifact@'));
    expect(downloads.map((step) => step.with)).toEqual([{ name: 'change', path: '${{ runner.temp }}/change' }]);
    const scripts = steps.flatMap(({ run }) => (run === undefined ? [] : [run]));
    expect(scripts).toHaveLength(2);
    expect(scripts[0]).toBe('npm ci --ignore-scripts');
    for (const line of (scripts[1] ?? '').split('\n').filter((one) => one.includes('/change'))) {
      expect(line).toMatch(
        /^\s*npm run --silent review -- --synthesized "\$base" "\$RUNNER_TEMP\/change" --markdown >/,
      );
    }
  });

  it('learns what the base is where no code of the change is run', () => {
    const { steps = [] } = workflow.jobs.base ?? {};
    expect(steps.map(({ uses = '', run = '' }) => uses.split('@')[0] || run)).toEqual([
      'actions/checkout',
      `echo "commit=$(git rev-parse --verify 'HEAD^1')" >> "$GITHUB_OUTPUT"`,
    ]);
  });

  it('takes nothing else from jobs that run code of the change', () => {
    const untrusted = ['test', 'successor', 'synthesize'];
    for (const name of untrusted) expect(workflow.jobs[name]?.outputs).toBeUndefined();
    expect(read('review.yml')).not.toMatch(new RegExp(`needs\\.(${untrusted.join('|')})\\.`));
    expect(workflow.jobs.comment?.needs).toBe('review');
  });

  it('has no secrets but the token that may comment', () => {
    expect(read('review.yml')).not.toMatch(/secrets\b|id-token/);
    const tokens = Object.entries(workflow.jobs).filter(([, { steps }]) =>
      JSON.stringify(steps).includes('github.token'),
    );
    expect(tokens.map(([name]) => name)).toEqual(['comment']);
  });

  it('leaves no token in a checkout', () => {
    const checkouts = stepsOf(workflow).filter(({ uses = '' }) => uses.startsWith('actions/checkout@'));
    expect(checkouts.map((step) => step.with?.['persist-credentials'])).toEqual([false, false, false, false, false]);
  });

  it('takes from the event only what its author cannot choose', () => {
    const expressions = [...read('review.yml').matchAll(/\$\{\{\s*(.*?)\s*\}\}/g)].map(([, expression]) => expression);
    expect([...new Set(expressions)].toSorted()).toEqual([
      'github.event.pull_request.number',
      'github.repository',
      'github.token',
      'needs.base.outputs.commit',
      'needs.review.outputs.markdown',
      'runner.temp',
      'steps.base.outputs.commit',
      'steps.review.outputs.markdown',
    ]);
  });

  it('is one document without keys that come twice', () => {
    const document = parseDocument(read('review.yml'), { uniqueKeys: true });
    expect([document.errors, document.warnings, isMap(document.contents)]).toEqual([[], [], true]);
  });
});
