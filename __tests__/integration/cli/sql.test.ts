import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bastion, FAST, startBastion, startTask, temporaryDirectory } from '../../support/bastion';
import { runSql, type SqlResult } from '../../support/sql';

const FAST_AGENT = { ...FAST, readPauseMs: 0 };
let bastion: Bastion;
let task: string;
let folder: string;

beforeAll(async () => {
  bastion = await startBastion({ faults: FAST_AGENT });
  task = await startTask(bastion);
});

afterAll(() => bastion[Symbol.asyncDispose]());

beforeEach(() => {
  folder = temporaryDirectory();
});

const sql = (argv: readonly string[], input?: string | Buffer): Promise<SqlResult> =>
  runSql(bastion, task, { argv, input, cwd: folder });

it('runs what -c, -f and - give, in this order', async () => {
  writeFileSync(join(folder, 'b.sql'), 'select 2');
  const { exitCode, output, story } = await sql(
    ['-At', '-c', 'select 1; select 1.5', '-f', 'b.sql', '-f', '-', '-c', '\\echo 4'],
    'select 3;',
  );
  expect([exitCode, output, story]).toEqual([0, '1\n1.5\n2\n3\n4\n', '']);
});
