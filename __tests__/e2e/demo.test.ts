import { spawnSync } from 'node:child_process';
import { PROJECT } from '../support/helper';

it('npm run demo deploys, reads the version of PostgreSQL through a session, and destroys', () => {
  const { status, stdout, stderr } = spawnSync('npm', ['run', 'demo'], {
    cwd: PROJECT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  expect(stdout).toMatch(/^ PostgreSQL \d+\.\d+ /m);
  expect(stderr).toMatch(/Stopping the bastion task … stopped[^]*Destroy the stack[^]*nothing of it is kept/);
  expect(status).toBe(0);
}, 600_000);
