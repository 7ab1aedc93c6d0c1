import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LocalAws, startLocalAws } from '../../../src/local-aws';
import { compareStacks } from '../../../src/review/compare/stacks';
import { parseStack } from '../../../src/review/stack';
import { temporaryDirectory } from '../../support/bastion';
import { REFERENCE_ENGINE, REFERENCE_FILES } from '../../support/reference';
import { synthesize } from '../../support/synth';
import { TerraformFolder } from '../../support/terraform';
import { all, type Edit, replace, set } from '../../unit/review/edits';

const directory = temporaryDirectory();
const text = synthesize();
let aws: LocalAws;
let terraform: TerraformFolder;

beforeAll(async () => {
  aws = await startLocalAws({ directory: join(directory, 'aws') });
  terraform = new TerraformFolder(directory, aws.environment);
  await terraform.initialize();
  terraform.adopt(REFERENCE_FILES['one-off tasks']);
}, 240_000);

afterAll(() => aws[Symbol.asyncDispose]());

/** The resources that there are, and those that Terraform itself would destroy and create again. */
async function plan(
  edited: string,
): Promise<{ readonly there: ReadonlySet<string>; readonly replaced: readonly string[] }> {
  writeFileSync(join(directory, 'cdktf.out/stacks/aurora-bg/cdk.tf.json'), edited);
  const values = { ...REFERENCE_ENGINE, master_password: 'ChangeMe123!' };
  const { resource_changes: changes } = await terraform.plan(values, '-refresh=false');
  const addresses = (...actions: readonly string[]): ReadonlySet<string> =>
    new Set(
      changes
        .filter(({ change }) => actions.includes(change.actions.toSorted().join()))
        .map(({ address }) => address.replace(/\[.*$/, '')),
    );
  return { there: addresses('no-op', 'update', 'create,delete'), replaced: [...addresses('create,delete')].toSorted() };
}

function replacedByReview(edited: string): string[] {
  const { resources, consequences } = compareStacks(parseStack('s', text), parseStack('s', edited));
  const forced = resources.filter(({ forcedBy }) => forcedBy.length > 0);
  return [...forced, ...consequences].map(({ address }) => address).toSorted();
}

it.each<readonly [string, Edit, number]>([
  ['the default range of the VPC', set('variable/vpc_cidr/default', '10.1.0.0/16'), 26],
  ['the name of everything', set('variable/name_prefix/default', 'other'), 19],
  ['the range of a subnet', replace('resource/aws_subnet/private/cidr_block', '100 +', '150 +'), 2],
  ['the number of a zone', set('locals/zone_numbers/c', 9), 7],
  ['the class of the instances', set('variable/instance_class/default', 'db.r6g.large'), 0],
  ['the name of the master user', set('variable/master_username/default', 'other'), 3],
  [
    'a source, a description and a tag',
    all(
      set('resource/aws_security_group_rule/aurora_ingress_vpc/cidr_blocks', ['0.0.0.0/0']),
      set('resource/aws_security_group/bastion/description', 'Another'),
      set('resource/aws_vpc/main/tags/Name', 'x'),
    ),
    3,
  ],
  ['the name of the log group', set('resource/aws_cloudwatch_log_group/bastion/name', '/ecs/other'), 2],
])('a plan of Terraform replaces the same resources: %s', async (_, edit, count) => {
  const edited = JSON.stringify(edit(JSON.parse(text) as Parameters<Edit>[0]));
  const { there, replaced } = await plan(edited);
  // This system has no service and no managed password; what has no instance is not replaced.
  expect(replacedByReview(edited).filter((address) => there.has(address))).toEqual(replaced);
  expect(replaced).toHaveLength(count);
});
