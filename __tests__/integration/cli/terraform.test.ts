import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NoOutputsError, readTerraformOutputs, stackDirectory } from '../../../src/terraform';
import { REFERENCE_FILES } from '../../support/reference';
import { temporaryDirectory } from '../../support/bastion';

const { signal } = new AbortController();
let folder: string;
let stack: string;

beforeEach(() => {
  folder = temporaryDirectory();
  stack = stackDirectory({}, folder);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const synthesize = (): void => {
  mkdirSync(stack, { recursive: true });
  const backend = { local: { path: '../../../terraform.aurora-bg.tfstate' } };
  writeFileSync(join(stack, 'cdk.tf.json'), JSON.stringify({ terraform: { backend } }));
};
const initialize = (): void => {
  const env = { ...process.env, CHECKPOINT_DISABLE: '1' };
  execFileSync('terraform', ['init', '-input=false'], { cwd: stack, env, stdio: 'ignore' });
};

describe('the outputs of the synthesized stack', () => {
  it('are read with the real Terraform', async () => {
    synthesize();
    initialize();
    copyFileSync(REFERENCE_FILES['one-off tasks'], join(folder, 'terraform.aurora-bg.tfstate'));
    expect(await readTerraformOutputs(stack, signal)).toMatchObject({
      bastionClusterName: 'aurora-bg-bastion-cluster',
      bastionSecurityGroupId: 'sg-ddc65a264f05038e7',
      region: 'ap-northeast-1',
    });
  });

  it.each<[string, () => void, RegExp]>([
    ['not synthesized', () => undefined, /has not been synthesized/],
    ['not initialized', synthesize, /has not been initialized/],
    [
      'not deployed',
      () => {
        synthesize();
        initialize();
      },
      /is not deployed/,
    ],
  ])('%s has a message of its own', async (_, prepare, message) => {
    prepare();
    await expect(readTerraformOutputs(stack, signal)).rejects.toThrow(NoOutputsError);
    await expect(readTerraformOutputs(stack, signal)).rejects.toThrow(message);
  });

  it('lie where CDKTF_OUTPUT says', () => {
    expect(stackDirectory({ CDKTF_OUTPUT: '/elsewhere/out' }, folder)).toBe('/elsewhere/out/stacks/aurora-bg');
  });
});
