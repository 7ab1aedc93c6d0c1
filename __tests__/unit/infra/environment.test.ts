import { App } from 'cdktf';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SharedStateKeyError } from '../../../src/infra/backend';
import { type Context, PostureConflictError, postureOf } from '../../../src/infra/posture';
import { type AuroraBastionProps, AuroraBastionStack } from '../../../src/infra/stack';
import { VariableValueError } from '../../../src/infra/variable-values';
import { type Synthesized, synthesize } from '../../support/synth';

const fixture = JSON.parse(readFileSync(join(__dirname, '../../fixtures/reference.tf.json'), 'utf8')) as Synthesized;

function props(defaults: Readonly<Record<string, unknown>> = {}): AuroraBastionProps {
  const fixed = { name_prefix: 'aurora-bg', aws_region: 'ap-northeast-1' };
  return { values: { environment: 'staging', defaults, fixed } };
}
const parse = (given: AuroraBastionProps): Synthesized => JSON.parse(synthesize(given)) as Synthesized;

afterEach(() => {
  for (const name of ['TF_STATE_BUCKET', 'TF_STATE_KEY']) Reflect.deleteProperty(process.env, name);
});

describe('the stack of an environment', () => {
  it('differs from the one without in what the environment says, so that a state can become one', () => {
    const { variable, ...rest } = parse(props());
    const { variable: before, ...same } = fixture;
    expect(rest).toEqual(same);
    const changed = Object.keys(variable).filter(
      (name) => JSON.stringify(variable[name]) !== JSON.stringify(before[name]),
    );
    expect(changed.toSorted()).toEqual(['aws_region', 'name_prefix']);
  });

  it('has the values as defaults of its variables, which stay variables with their conditions', () => {
    const tags = { Environment: 'staging', costCenter: '4711' };
    const { variable } = parse(props({ aurora_instance_count: 1, bastion_enable_service: true, tags }));
    expect(variable.aurora_instance_count).toEqual({ ...fixture.variable.aurora_instance_count, default: 1 });
    expect(variable).toMatchObject({ bastion_enable_service: { default: true }, tags: { default: tags } });
  });

  it('takes the variables of its posture', () => {
    const hardened = { ...props({ deletion_protection: false }), posture: 'hardened' } as const;
    expect(parse(hardened).variable).toMatchObject({ deletion_protection: { default: false } });
    expect(() => synthesize(props({ deletion_protection: false }))).toThrow(/has none called deletion_protection/);
  });

  it.each<[string, unknown, RegExp]>([
    [
      'instance_clas',
      'db.t4g.medium',
      /environment staging: the stack has none called instance_clas, but: .*instance_class/,
    ],
    ['aurora_instance_count', '1', /aurora_instance_count is "1", expected a number/],
    ['bastion_task_cpu', 512, /bastion_task_cpu is 512, expected a text/],
    ['skip_final_snapshot', 'no', /skip_final_snapshot is "no", expected true or false/],
    ['tags', { a: 1 }, /tags is \{"a":1\}, expected an object of texts/],
    ['tags', [], /tags is \[\]/],
    ['database_name', null, /database_name is null, expected a text/],
  ])('refuses %s = %j', (name, value, message) => {
    expect(() => synthesize(props({ [name]: value }))).toThrow(VariableValueError);
    expect(() => synthesize(props({ [name]: value }))).toThrow(message);
  });

  it('works in no other account', () => {
    const provider = (given: AuroraBastionProps): unknown =>
      (JSON.parse(synthesize(given)) as { provider: { aws: unknown } }).provider.aws;
    expect(provider({ account: '012345678901' })).toEqual([
      { allowed_account_ids: ['012345678901'], region: '${var.aws_region}' },
    ]);
    expect(provider({})).toEqual([{ region: '${var.aws_region}' }]);
  });
});

describe('the states of several stacks', () => {
  it('have a key each, so that one for all is refused', () => {
    process.env.TF_STATE_BUCKET = 'states';
    const two = (): void => {
      const app = new App();
      for (const id of ['aurora-bg-a', 'aurora-bg-b']) new AuroraBastionStack(app, id);
    };
    two();
    process.env.TF_STATE_KEY = 'one.tfstate';
    expect(two).toThrow(SharedStateKeyError);
  });
});

describe('the posture of an environment', () => {
  const context: Context = { tryGetContext: () => 'hardened' };

  it('is its own, else the one chosen for all', () => {
    expect(postureOf({ name: 'a', posture: 'reference' }, context, {})).toBe('reference');
    expect(postureOf({ name: 'a', posture: undefined }, context, {})).toBe('hardened');
    expect(postureOf({ name: 'a', posture: undefined }, context, { POSTURE: 'reference' })).toBe('reference');
  });

  it('is not changed by POSTURE in passing', () => {
    expect(postureOf({ name: 'a', posture: 'hardened' }, context, { POSTURE: 'hardened' })).toBe('hardened');
    const other = (): unknown => postureOf({ name: 'a', posture: 'hardened' }, context, { POSTURE: 'reference' });
    expect(other).toThrow(PostureConflictError);
  });
});
