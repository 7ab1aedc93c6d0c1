import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../support/child';
import { temporaryDirectory } from '../../support/bastion';
import { PROJECT } from '../../support/helper';

// What npm does: the command runs in the checkout, and INIT_CWD says where the user stands.
const fromNpm = (argv: readonly string[], more: NodeJS.ProcessEnv) =>
  run([...argv], { cwd: PROJECT, env: { ...process.env, ...more } });

it('a CDPATH of the user leads no command elsewhere', async () => {
  const standing = temporaryDirectory();
  mkdirSync(join(standing, 'src/cli/bin'), { recursive: true });
  const CDPATH = `${standing}:.:${PROJECT}`;
  const { exitCode, story } = await fromNpm(['sh', 'src/cli/bin/run', 'nosuch'], { CDPATH, INIT_CWD: standing });
  expect([exitCode, story.split('\n')[0]]).toEqual([2, 'Error: Unknown command "nosuch"']);
});

it('a review writes and reads folders where the user stands', async () => {
  const standing = temporaryDirectory();
  const review = (...argv: readonly string[]) =>
    fromNpm([process.execPath, 'src/start/launch.cjs', 'src/review/main', ...argv], { INIT_CWD: standing });
  expect((await review('--write', 'here')).exitCode).toBe(0);
  expect(readdirSync(standing)).toEqual(['here']);
  cpSync(join(standing, 'here'), join(standing, 'there'), { recursive: true });
  const same = await review('--synthesized', 'here', 'there');
  expect([same.exitCode, same.output]).toEqual([0, 'No change to the infrastructure against here\n']);
  const { exitCode, story } = await review('--synthesized', 'here', 'nowhere');
  expect([exitCode, story]).toEqual([
    1,
    `Error: The change is not there: ${join(standing, 'nowhere')}\nName another folder\n`,
  ]);
}, 60_000);
