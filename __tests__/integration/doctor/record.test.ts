import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Facts } from '../../../src/doctor/facts';
import type { InsideResult, RunInside } from '../../../src/doctor/inside';
import { recordInside } from '../../../src/doctor/record-inside';
import { findOnPath } from '../../../src/local-aws/tools';
import { temporaryDirectory } from '../../support/bastion';

const TOOLS = ['sh', 'mktemp', 'rm', 'cat', 'script'];

const facts = {
  cluster: () => Promise.resolve({}),
  logGroup: () => Promise.resolve({ name: '/ecs/bastion', exists: true }),
} as unknown as Facts;

/** A folder of programs, and nothing else on the PATH. */
function container(programs: readonly string[], own: Readonly<Record<string, string>> = {}): RunInside {
  const bin = join(temporaryDirectory(), 'bin');
  mkdirSync(bin);
  for (const name of programs) symlinkSync(findOnPath(name) ?? '', join(bin, name));
  for (const [name, lines] of Object.entries(own)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${lines}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  return async ([program = '', ...argv]): Promise<InsideResult> => {
    const child = spawn(join(bin, program), argv, { env: { PATH: bin, TMPDIR: temporaryDirectory() } });
    child.stdin.end();
    const [output, error, [exitCode]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number]>,
    ]);
    return { exitCode, output, error };
  };
}

const without = (missing: string): string[] => TOOLS.filter((name) => name !== missing);

it('is made by script and cat', async () => {
  const { status, found } = await recordInside(container(TOOLS)).look(facts);
  expect([status, found]).toEqual(['ok', 'script and cat make it']);
});

it.each(['script', 'cat'])('is not made without %s', async (missing) => {
  const { status, found, remedy } = await recordInside(container(without(missing))).look(facts);
  expect([status, found]).toEqual([
    'warning',
    `The container has no ${missing}, and so the exec agent records no session`,
  ]);
  expect(remedy).toMatch(/util-linux/);
});

it('is not made by a script that takes no arguments behind the file, as of util-linux 2.42.0', async () => {
  const refuse = 'echo "script: unexpected number of arguments" >&2; exit 1';
  const { status, found } = await recordInside(container(without('script'), { script: refuse })).look(facts);
  expect([status, found]).toEqual([
    'warning',
    "The exec agent's way of recording fails: script: unexpected number of arguments",
  ]);
});

it('is made by a script without -c, which the agent tries next', async () => {
  const plain = 'log=$1; shift; [ "$1" != -c ] && "$@" >"$log"';
  const { status } = await recordInside(container(without('script'), { script: plain })).look(facts);
  expect(status).toBe('ok');
});

it('is empty where script succeeds and writes nothing', async () => {
  const { status } = await recordInside(container(without('script'), { script: ': >"$1"' })).look(facts);
  expect(status).toBe('warning');
});
