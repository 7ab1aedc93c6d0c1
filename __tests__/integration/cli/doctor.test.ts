import { type Bastion, FAST, startBastion } from '../../support/bastion';
import { runHelper } from '../../support/helper';

let bastion: Bastion;

// Without a network and roles, most of which is found.
beforeAll(async () => {
  bastion = await startBastion({ faults: FAST });
});

afterAll(() => bastion[Symbol.asyncDispose]());

function helper(...argv: string[]): ReturnType<typeof runHelper> {
  return runHelper(['--outputs', bastion.outputsFile, ...argv], bastion.aws.environment);
}

it('tells line by line what is well and what is not, starts nothing, and ends with 1', async () => {
  const { exitCode, output, story } = await helper('doctor');
  expect(output).toMatch(/^ok +ECS cluster +aurora-bg-bastion-cluster is active$/m);
  expect(output).toMatch(/^FAILED +Task role +There is no role \S+\n +Deploy the stack again/m);
  expect([exitCode, story]).toEqual([1, '']);
  expect(bastion.aws.tasks()).toEqual([]);
});

it('is JSON for programs', async () => {
  const { exitCode, output } = await helper('doctor', '--json');
  const { checks } = JSON.parse(output) as { checks: { title: string; status: string }[] };
  expect(checks).toContainEqual(expect.objectContaining({ title: 'ECS cluster', status: 'ok' }));
  expect(exitCode).toBe(1);
});

it('looks from inside a task that it starts and stops', async () => {
  const { output, story } = await helper('doctor', '--deep');
  expect(output).toMatch(/^ok +From inside: login +psql logs in$/m);
  expect(story).toMatch(/Stopping the bastion task … stopped/);
  expect(bastion.aws.tasks().map(({ desiredStatus }) => desiredStatus)).toEqual(['STOPPED']);
});
