import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../../support/helper';
import { Project } from './project';

const EARLIER = 'node --import tsx main.ts';

it('a base from before programs were compiled is synthesized with the packages of now', async () => {
  const project = new Project();
  const packages = join(project.directory, 'node_modules');
  rmSync(packages);
  mkdirSync(packages);
  for (const name of readdirSync(join(PROJECT, 'node_modules'))) {
    // Also where an earlier installation has left it.
    if (name !== 'tsx') symlinkSync(join(PROJECT, 'node_modules', name), join(packages, name));
  }
  const now = readFileSync(join(project.directory, 'cdktf.json'), 'utf8');
  project.write('cdktf.json', JSON.stringify({ language: 'typescript', app: EARLIER }));
  rmSync(join(project.directory, 'src/start'), { recursive: true });
  project.commit();
  project.write('cdktf.json', now);
  cpSync(join(PROJECT, 'src/start'), join(project.directory, 'src/start'), { recursive: true });
  expect(await project.review()).toEqual({
    output: expect.stringMatching(/^No change to the infrastructure against /) as string,
    story: '',
    exitCode: 0,
  });
});
