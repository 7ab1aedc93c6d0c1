import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OUTPUT_NAMES } from '../../../src/outputs';
import { CHANGES, PRICES } from '../../../src/infra/hardened/changes';
import { UnencryptedClusterError } from '../../../src/infra/hardened/unencrypted-cluster';
import {
  allowsDataLoss,
  chosenPosture,
  type Context,
  UnknownFlagError,
  UnknownPostureError,
} from '../../../src/infra/posture';
import { REFERENCE_FILES } from '../../support/reference';
import { type Synthesized, synthesize } from '../../support/synth';

const context = (values: Readonly<Record<string, unknown>> = {}): Context => ({ tryGetContext: (key) => values[key] });
const fixture = readFileSync(join(__dirname, '../../fixtures/reference.tf.json'), 'utf8');

describe('the posture', () => {
  it.each([
    ['is the reference', {}, {}, 'reference'],
    ['comes from POSTURE', {}, { POSTURE: 'hardened' }, 'hardened'],
    ['comes from the context', { posture: 'hardened' }, {}, 'hardened'],
    ['comes from POSTURE before the context', { posture: 'hardened' }, { POSTURE: 'reference' }, 'reference'],
    ['takes empty text for what is not set', { posture: 'hardened' }, { POSTURE: '' }, 'hardened'],
  ])('%s', (_, values, env, posture) => {
    expect(chosenPosture(context(values), env)).toBe(posture);
  });

  it.each([
    [{}, { POSTURE: 'Hardened' }],
    [{ posture: 7 }, {}],
  ])('is refused by name when there is none of it', (values, env) => {
    expect(() => chosenPosture(context(values), env)).toThrow(UnknownPostureError);
  });

  it('may lose data only when that is said', () => {
    expect(allowsDataLoss(context(), {})).toBe(false);
    expect(allowsDataLoss(context(), { ALLOW_DATA_LOSS: 'true' })).toBe(true);
    expect(allowsDataLoss(context({ allowDataLoss: true }), {})).toBe(true);
    expect(allowsDataLoss(context({ allowDataLoss: true }), { ALLOW_DATA_LOSS: 'false' })).toBe(false);
    expect(() => allowsDataLoss(context(), { ALLOW_DATA_LOSS: 'yes' })).toThrow(UnknownFlagError);
  });
});

describe('the reference', () => {
  it('synthesizes byte for byte what it did before there were postures', () => {
    expect(synthesize({ posture: 'reference' })).toBe(fixture);
    expect(synthesize()).toBe(fixture);
  });

  it('does not look at the state', () => {
    expect(synthesize({}, REFERENCE_FILES['one-off tasks'])).toBe(fixture);
  });
});

describe('hardened', () => {
  const text = synthesize({ posture: 'hardened' });
  const stack = JSON.parse(text) as Synthesized;

  it('has the outputs of the reference, so that the helper finds what it needs', () => {
    expect(Object.keys(stack.output).toSorted()).toEqual([...OUTPUT_NAMES].toSorted());
  });

  it('has no variable for a password, and describes those it has', () => {
    expect(stack.variable).not.toHaveProperty('master_password');
    expect(stack.variable).toMatchObject({
      enable_nat_gateways: { default: false },
      deletion_protection: { default: true },
      skip_final_snapshot: { default: false },
      bastion_container_image: { default: '' },
    });
    for (const { description } of Object.values(stack.variable)) expect(description.length).toBeGreaterThan(10);
  });

  it('installs nothing when a task starts', () => {
    expect(text).not.toContain('yum');
  });

  it('keeps the addresses of what it shares with the reference, and moves them from its modules', () => {
    const before = JSON.parse(fixture) as Synthesized;
    const addresses = ({ resource }: Synthesized): string[] =>
      Object.entries(resource).flatMap(([type, byName]) => Object.keys(byName).map((name) => `${type}.${name}`));
    const gone = addresses(before).filter((address) => !addresses(stack).includes(address));
    expect(gone.toSorted()).toEqual([
      'aws_iam_role_policy.task_execution_secret',
      'aws_iam_role_policy_attachment.task_execution',
      'aws_security_group_rule.aurora_egress_all',
      'aws_security_group_rule.aurora_ingress_vpc',
      'aws_vpc_endpoint.ssm',
    ]);
    const moves = stack.moved.map(({ from, to }) => `${from} ${to}`);
    for (const { from, to } of before.moved.filter(({ to }) => !gone.includes(to))) {
      expect(moves).toContain(`${from} ${to}`);
    }
  });

  it('refuses to synthesize over a state with a cluster that is not encrypted, and names both', () => {
    const refused = (): unknown => synthesize({ posture: 'hardened' }, REFERENCE_FILES['one-off tasks']);
    expect(refused).toThrow(UnencryptedClusterError);
    expect(refused).toThrow(/module\.aurora\.aws_rds_cluster\.aurora_postgresql of .*terraform\.aurora-bg\.tfstate/);
  });

  it('synthesizes over it when data may be lost, and only then lets a plan destroy the cluster and its key', () => {
    const lossy = synthesize({ posture: 'hardened', allowDataLoss: true }, REFERENCE_FILES['one-off tasks']);
    expect(lossy).not.toContain('prevent_destroy');
    for (const [type, name] of [
      ['aws_rds_cluster', 'aurora_postgresql'],
      ['aws_kms_key', 'data'],
    ] as const) {
      expect(stack.resource[type]?.[name]?.lifecycle).toEqual({ prevent_destroy: true });
    }
  });
});

describe('the table of changes', () => {
  it('gives a price with its source and date wherever something has one', () => {
    for (const { costs, price } of CHANGES) expect([costs, price === undefined]).toEqual([costs, costs === 0]);
    for (const { source, asOf } of Object.values(PRICES)) {
      expect([source, asOf]).toEqual([
        expect.stringMatching(/^https:\/\/aws\.amazon\.com\//),
        expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      ]);
    }
  });

  it('tells what to know where moving takes something away', () => {
    const taking = CHANGES.filter(({ move }) => ['removes', 'replaces', 'destroys data'].includes(move));
    expect(taking).toHaveLength(3);
    for (const { note } of taking) expect(note).toBeDefined();
  });
});
