import { cpSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type LocalAws, startLocalAws } from '../../src/local-aws';
import { FAST, temporaryDirectory } from '../support/bastion';
import { parseGuide, type Step } from '../support/guide';
import { inOrder } from '../support/guide-order';
import { PsqlPrompt } from '../support/guide-prompt';
import { type Reader, runStep, sqlByCommand, type SqlRunner } from '../support/guide-runner';
import { CONNECT, PROJECT } from '../support/helper';

const MINUTES = 60_000;
const LEFT_OUT = ['outputs.json', 'node_modules', '.git', 'cdktf.out', '.local-aws', 'terraform.tfvars'];

const readers = new Map<string, Reader>();
const prompt = new PsqlPrompt(`${CONNECT.join(' ')} --outputs outputs.json --reuse psql`);
/** A block of SQL works both ways, as the guide says: given to `sql`, and pasted at the prompt. */
const SQL: Readonly<Record<string, SqlRunner>> = {
  'docs/guide.ja.md': sqlByCommand([...CONNECT, '--outputs', 'outputs.json', '--reuse', 'sql']),
  'docs/guide.en.md': prompt.run,
};
const [ja = [], en = []] = Object.keys(SQL).map((file) => parseGuide(file, readFileSync(join(PROJECT, file), 'utf8')));
let aws: LocalAws;
/** What failed first; all that comes behind it would fail for its sake. */
let failed: Step | undefined;

beforeAll(async () => {
  // A local container has this machine's /tmp, and a run that was killed leaves there what the guide copies.
  rmSync('/tmp/guide', { recursive: true, force: true });
  const directory = temporaryDirectory();
  aws = await startLocalAws({ directory: join(directory, 'aws'), faults: FAST });
  for (const [file, sql] of Object.entries(SQL)) {
    const copy = join(directory, basename(file, '.md'));
    const isCopied = (path: string): boolean => !LEFT_OUT.includes(basename(path)) && !path.includes('.tfstate');
    cpSync(PROJECT, copy, { recursive: true, filter: (path) => path === PROJECT || isCopied(path) });
    symlinkSync(join(PROJECT, 'node_modules'), join(copy, 'node_modules'));
    // What is deployed once is written once.
    const [first] = readers.values();
    if (first !== undefined) symlinkSync(join(first.directory, 'outputs.json'), join(copy, 'outputs.json'));
    readers.set(file, {
      directory: copy,
      env: aws.environment,
      stateFile: join(directory, `${basename(file)}.state`),
      sql,
      setFaults: (faults) => {
        aws.setFaults({ ...FAST, ...faults });
      },
    });
  }
}, MINUTES);

afterAll(async () => {
  prompt[Symbol.dispose]();
  await aws[Symbol.asyncDispose]();
}, MINUTES);

/** As a reader goes through it, from nothing to nothing: each block goes on where the one before it ended. */
describe('every block of the guide', () => {
  const steps = inOrder(ja, en).filter(({ kind }) => kind !== 'not run');
  it.each(steps.map((step) => [`${step.file}:${step.line} ${summary(step)}`, step] as const))(
    '%s',
    async (_, step) => {
      if (failed !== undefined) throw new Error(`Not run, since ${failed.file}:${failed.line} has failed`);
      const reader = readers.get(step.file);
      if (reader === undefined) throw new Error(`nobody reads ${step.file}`);
      try {
        await runStep(step, reader);
      } catch (error) {
        failed = step;
        throw error;
      }
    },
    5 * MINUTES,
  );

  it('leaves no task', () => {
    expect(aws.tasks().filter(({ lastStatus }) => lastStatus !== 'STOPPED')).toEqual([]);
  });
});

function summary(step: Step): string {
  const [line = ''] = step.text.split('\n');
  return step.kind === 'file' ? `writes ${step.path}` : `${step.kind}: ${line.replace(/^--? /, '').slice(0, 60)}`;
}
