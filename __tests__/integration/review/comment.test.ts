import { execFile } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { temporaryDirectory } from '../../support/bastion';

const WORKFLOW = join(__dirname, '../../../.github/workflows/review.yml');
const folder = temporaryDirectory();

interface Workflow {
  readonly jobs: { readonly comment: { readonly steps: readonly [{ readonly run: string }] } };
}

// GitHub cannot be had here: this says which comments there are, and keeps what it is asked for.
beforeAll(() => {
  const gh = join(folder, 'gh');
  writeFileSync(
    gh,
    `#!/bin/sh\ncase "$*" in\n*--paginate*) printf '%s' "$FOUND" ;;\n*) echo "$*" >> ${folder}/calls ;;\nesac\n`,
  );
  chmodSync(gh, 0o755);
});

afterEach(() => {
  rmSync(join(folder, 'calls'), { force: true });
});

/** Runs the script of the step that comments, with the shell and the options of a runner. */
async function comment(found: string, review: string): Promise<{ readonly call: string; readonly body: string }> {
  const { jobs } = parse(readFileSync(WORKFLOW, 'utf8')) as Workflow;
  const env = {
    PATH: `${folder}:${process.env.PATH ?? ''}`,
    RUNNER_TEMP: folder,
    REPOSITORY: 'owner/name',
    NUMBER: '7',
    FOUND: found,
    REVIEW: review,
  };
  await promisify(execFile)('bash', ['-e', '-c', jobs.comment.steps[0].run], { env, cwd: folder });
  return {
    call: readFileSync(join(folder, 'calls'), 'utf8'),
    body: readFileSync(join(folder, 'comment.md'), 'utf8'),
  };
}

const BODY = `body=@${folder}/comment.md`;

it('writes a comment when there is none', async () => {
  const { call, body } = await comment('', '**No change**\n');
  expect(call).toBe(`api --silent --method POST repos/owner/name/issues/7/comments -F ${BODY}\n`);
  expect(body).toBe('<!-- review of the infrastructure -->\n**No change**\n\n');
});

it('changes the first of its own when there is one', async () => {
  const { call } = await comment('11\n12\n', 'review');
  expect(call).toBe(`api --silent --method PATCH repos/owner/name/issues/comments/11 -F ${BODY}\n`);
});

it('takes a review for text, whatever stands in it', async () => {
  const review = '$(touch injected) `touch injected`; touch injected\n"; touch injected; "\n%s @file';
  const { body } = await comment('', review);
  expect(body).toBe(`<!-- review of the infrastructure -->\n${review}\n`);
  expect(existsSync(join(folder, 'injected'))).toBe(false);
});
