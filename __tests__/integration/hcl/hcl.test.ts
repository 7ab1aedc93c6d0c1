import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BLOCKS, isBlock } from '../../../src/hcl/blocks';
import { toHcl } from '../../../src/hcl/convert';
import { format } from '../../../src/hcl/format';
import { POSTURES } from '../../../src/infra/posture';
import { type LocalAws, startLocalAws } from '../../../src/local-aws';
import { asList, compareText, isList, isObject, type Json, type JsonObject, textOf } from '../../../src/review/json';
import { temporaryDirectory } from '../../support/bastion';
import { PROJECT } from '../../support/helper';
import { REFERENCE_FILES } from '../../support/reference';
import { synthesize } from '../../support/synth';

const PROVIDER = 'registry.terraform.io/hashicorp/aws';
const directory = temporaryDirectory();
const folderOf = (posture: string): string => join(directory, posture, 'cdktf.out/stacks/aurora-bg');
let aws: LocalAws;

beforeAll(async () => {
  aws = await startLocalAws({ directory: join(directory, 'aws') });
  for (const posture of POSTURES) {
    mkdirSync(folderOf(posture), { recursive: true });
    write(posture, 'cdk.tf.json', synthesize({ posture }));
    await terraform(posture, 'init', '-input=false');
  }
}, 120_000);

afterAll(() => aws[Symbol.asyncDispose]());

/** In the stack's folder of a posture. */
async function terraform(posture: string, ...argv: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('terraform', [...argv], {
    cwd: folderOf(posture),
    env: { ...aws.environment, TF_VAR_master_password: 'ChangeMe123!' },
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

/** Writes the stack's one file. */
function write(posture: string, name: 'cdk.tf.json' | 'main.tf', text: string): void {
  for (const other of ['cdk.tf.json', 'main.tf']) rmSync(join(folderOf(posture), other), { force: true });
  writeFileSync(join(folderOf(posture), name), text);
}

/** All that Terraform says of a plan, but for when it was made and how the configuration was written. */
async function plan(posture: string): Promise<JsonObject> {
  await terraform(posture, 'plan', '-input=false', '-lock=false', '-refresh=false', '-no-color', '-out=plan');
  const {
    timestamp: _,
    configuration = null,
    relevant_attributes: relevant = [],
    ...planned
  } = JSON.parse(await terraform(posture, 'show', '-json', 'plan')) as JsonObject;
  return {
    ...planned,
    configuration: withoutSources(configuration),
    relevant_attributes: asList(relevant).toSorted((a, b) => compareText(JSON.stringify(a), JSON.stringify(b))),
  };
}

/** An expression that was written in JSON has its text beside it, as if that were its value. */
function withoutSources(value: Json): Json {
  if (isList(value)) return value.map(withoutSources);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(
    ([key, inner]) => key !== 'constant_value' || !/\$\{/.test(textOf(inner)),
  );
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutSources(inner)]));
}

describe.each(POSTURES)('the %s stack as HCL', (posture) => {
  it('is formatted, valid, and plans what its JSON plans', async () => {
    // A system to take over, so that the moves count too; the hardened one refuses to replace its cluster.
    const takesOver = posture === 'reference';
    if (takesOver) copyFileSync(REFERENCE_FILES['a service'], join(directory, posture, 'terraform.aurora-bg.tfstate'));
    const expected = await plan(posture);
    write(posture, 'main.tf', await format(toHcl(synthesize({ posture }))));
    expect(await terraform(posture, 'fmt', '-check', '-list=true')).toBe('');
    expect(await terraform(posture, 'validate', '-no-color')).toMatch(/^Success! The configuration is valid\./);
    const planned = await plan(posture);
    expect(planned).toEqual(expected);
    expect(asList(planned.resource_changes).length).toBeGreaterThan(50);
    expect(JSON.stringify(planned.resource_changes).includes('"previous_address":"module.vpc.aws_vpc.main"')).toBe(
      takesOver,
    );
  }, 180_000);
});

it('blocks are where the provider has them, in both postures', async () => {
  const schemas = JSON.parse(await terraform('hardened', 'providers', 'schema', '-json')) as Schemas;
  const { resource_schemas: resources, data_source_schemas: data } = schemas.provider_schemas[PROVIDER] ?? {};
  const found: string[] = [];
  for (const posture of POSTURES) {
    const stack = JSON.parse(synthesize({ posture })) as Readonly<Record<'resource' | 'data', JsonObject>>;
    for (const [section, types, prefix] of [
      [stack.resource, resources, ''],
      [stack.data, data, 'data.'],
    ] as const) {
      for (const [type, byName] of Object.entries(section)) {
        const each = isObject(byName) ? Object.values(byName) : [];
        for (const fields of each) look(prefix + type, fields, types?.[type]?.block, found);
      }
    }
  }
  expect([...new Set(found)].toSorted()).toEqual([...BLOCKS].toSorted());
}, 60_000);

interface Block {
  readonly block_types?: Readonly<Record<string, { readonly block: Block }>>;
}
type Types = Readonly<Record<string, { readonly block: Block }>>;
interface Schemas {
  readonly provider_schemas: Readonly<
    Record<string, { readonly resource_schemas?: Types; readonly data_source_schemas?: Types }>
  >;
}

/** Holds each field that may be a block against the schema. @param found the paths of those that are */
function look(path: string, fields: Json, block: Block | undefined, found: string[]): void {
  for (const [name, value] of isObject(fields) ? Object.entries(fields) : []) {
    const one = `${path}.${name}`;
    if (name === 'lifecycle' || !(isObject(value) || (isList(value) && value.some(isObject)))) continue;
    const type = block?.block_types?.[name];
    expect([one, isBlock(one, value)]).toEqual([one, type !== undefined]);
    if (type === undefined) continue;
    found.push(one);
    for (const inner of asList(value)) look(one, inner, type.block, found);
  }
}

describe('npm run hcl', () => {
  const run = (argv: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    promisify(execFile)('npm', ['run', '--silent', 'hcl', '--', ...argv], {
      cwd: PROJECT,
      env: { ...process.env, ...env },
    });

  it('prints the stack in a posture', async () => {
    const { stdout } = await run(['--posture', 'hardened']);
    expect(stdout).toBe(await format(toHcl(synthesize({ posture: 'hardened' }))));
  });

  it.each([
    [['--posture', 'soft'], {}, 1, /There is no posture "soft"/],
    [['--nonsense'], {}, 2, /--nonsense/],
    [
      [],
      { TERRAFORM_BINARY_NAME: '/nowhere/terraform' },
      1,
      /^Error: terraform is not on the PATH\. Install Terraform$/m,
    ],
  ])('refuses %j %j', async (argv, env, code, pattern) => {
    await expect(run(argv, env)).rejects.toMatchObject({ code, stderr: expect.stringMatching(pattern) as string });
  });
});
