import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProviderMirror, writeCliConfig } from '../../../src/local-aws/provider-mirror';
import type { Json, JsonObject } from '../../../src/review/json';
import { forcesReplacement } from '../../../src/review/provider/replacement';
import { parseStack, typeOf } from '../../../src/review/stack';
import { temporaryDirectory } from '../../support/bastion';
import { synthesize } from '../../support/synth';
import { type Block, CHANGES, DOCUMENT, type Schema, valuesOf } from './schema';

const PROVIDER = 'registry.terraform.io/hashicorp/aws';
const folder = temporaryDirectory();
const env: NodeJS.ProcessEnv = { ...process.env, CHECKPOINT_DISABLE: '1' };

/** Neither asks the provider for anything in AWS: no plan here refreshes. */
const SETTINGS: JsonObject = {
  terraform: { required_providers: { aws: { source: 'hashicorp/aws', version: '5.100.0' } } },
  provider: {
    aws: {
      region: 'ap-northeast-1',
      access_key: 'none',
      secret_key: 'none',
      skip_credentials_validation: true,
      skip_requesting_account_id: true,
      skip_metadata_api_check: 'true',
    },
  },
};

interface Planned {
  readonly resource_changes: readonly {
    readonly type: string;
    readonly name: string;
    readonly change: { readonly actions: readonly string[]; readonly replace_paths?: readonly (readonly string[])[] };
  }[];
}

async function terraform(...argv: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('terraform', [...argv], {
    cwd: folder,
    env,
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

beforeAll(async () => {
  env.TF_CLI_CONFIG_FILE = writeCliConfig(folder, findProviderMirror());
  writeFileSync(join(folder, 'main.tf.json'), JSON.stringify(SETTINGS));
  await terraform('init', '-input=false');
}, 120_000);

afterAll(() => {
  rmSync(folder, { recursive: true });
});

it('the provider replaces a resource for what the table says, among all that the stack sets, and for nothing else', async () => {
  const schemas = (
    JSON.parse(await terraform('providers', 'schema', '-json')) as { provider_schemas: Record<string, Schema> }
  ).provider_schemas[PROVIDER]?.resource_schemas;
  const { resources } = parseStack('aurora-bg', synthesize());
  const asked: string[] = [];
  const config: Record<string, Record<string, JsonObject>> = {};
  const state: JsonObject[] = [];
  for (const [address, block] of resources) {
    const type = typeOf(address);
    const schema = schemas?.[type];
    for (const attribute of Object.keys(block)) {
      const change = schema === undefined ? undefined : valuesOf(type, attribute, schema.block);
      if (change === undefined || config[type]?.[attribute] !== undefined) continue;
      const [before, after] = change;
      const rest = required(type, schema?.block, attribute);
      (config[type] ??= {})[attribute] = { ...rest, [attribute]: after };
      state.push(inState(type, attribute, schema, { ...rest, [attribute]: before }));
      asked.push(`${type}.${attribute}`);
    }
  }
  writeFileSync(join(folder, 'main.tf.json'), JSON.stringify({ ...SETTINGS, resource: config }, null, 1));
  writeFileSync(
    join(folder, 'terraform.tfstate'),
    JSON.stringify({
      version: 4,
      terraform_version: '1.10.0',
      serial: 1,
      lineage: 'none',
      outputs: {},
      resources: state,
    }),
  );
  await terraform('plan', '-refresh=false', '-input=false', '-lock=false', '-no-color', '-out=plan');
  const { resource_changes: changes } = JSON.parse(await terraform('show', '-json', 'plan')) as Planned;
  const replaced = changes
    .filter(({ name, change }) => change.replace_paths?.some(([first]) => first === name) === true)
    .map(({ type, name }) => `${type}.${name}`);
  const inTable = asked.filter((one) => forcesReplacement(one, one.split('.')[1] ?? ''));
  expect(asked.length).toBeGreaterThan(90);
  expect(replaced.toSorted()).toEqual(inTable.toSorted());
}, 180_000);

/** The least that the type must have beside the attribute. */
function required(type: string, block: Block | undefined, attribute: string): JsonObject {
  const names = Object.entries(block?.attributes ?? {})
    .filter(([name, { required: isRequired }]) => isRequired === true && name !== attribute)
    .map(([name]) => name);
  const also = CHANGES[type]?.also ?? {};
  return {
    ...Object.fromEntries(names.map((name) => [name, valuesOf(type, name, block)?.[0] ?? null])),
    ...Object.fromEntries(Object.entries(also).filter(([name]) => name !== attribute)),
  };
}

function inState(
  type: string,
  name: string,
  schema: Schema['resource_schemas'][string] | undefined,
  set: JsonObject,
): JsonObject {
  const attributes = Object.keys(schema?.block.attributes ?? {}).map((one): [string, Json] => [one, null]);
  const blocks = Object.keys(schema?.block.block_types ?? {}).map((one): [string, Json] => [
    one,
    one === 'timeouts' ? null : [],
  ]);
  return {
    mode: 'managed',
    type,
    name,
    provider: `provider["${PROVIDER}"]`,
    instances: [
      {
        schema_version: schema?.version ?? 0,
        attributes: { ...Object.fromEntries([...attributes, ...blocks]), id: 'id-1', ...DOCUMENT(type), ...set },
      },
    ],
  };
}
