import { cpSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { synthesize } from '../../../src/check/synth';
import { temporaryDirectory } from '../../support/bastion';
import { PROJECT } from '../../support/helper';

const SECRETS = { AWS_SECRET_ACCESS_KEY: 's', GITHUB_TOKEN: 't', TF_VAR_master_password: 'p' };
const before = { ...process.env };

beforeEach(() => Object.assign(process.env, SECRETS));
afterEach(() => {
  process.env = before;
});

// `npm run check`, `hcl` and `successor` synthesize by this.
it('lets no credentials come to the code that is checked, and says where its home is', async () => {
  const tree = temporaryDirectory();
  symlinkSync(join(PROJECT, 'node_modules'), join(tree, 'node_modules'));
  cpSync(join(PROJECT, 'src/start'), join(tree, 'src/start'), { recursive: true });
  writeFileSync(join(tree, 'main.ts'), 'console.error(JSON.stringify(process.env)); process.exit(1);\n');
  const said = await synthesize({}, 'hardened', tree).then(String, String);
  expect(said).toContain('"POSTURE":"hardened"');
  expect(said).toMatch(/"HOME":"[^"]*\/aurora-bastion-check-\w+"/);
  for (const name of Object.keys(SECRETS)) expect(said).not.toContain(name);
});
