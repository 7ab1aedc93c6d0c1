import { REFERENCE_FILES, REFERENCE_VARIABLES, readReference } from '../../support/reference';
import { type Synthesized, synthesize } from '../../support/synth';

const text = synthesize();
const stack = JSON.parse(text) as Synthesized;
const reference = readReference(REFERENCE_FILES['a service']);
const managed = reference.resources.filter(({ mode }) => mode === 'managed');

afterEach(() => {
  for (const name of ['TF_STATE_BUCKET', 'TF_STATE_KEY', 'TF_STATE_REGION']) Reflect.deleteProperty(process.env, name);
});

describe('the synthesized file', () => {
  it('has the resources of the reference by type and name, and the one for the secret', () => {
    const ours = Object.entries(stack.resource).flatMap(([type, byName]) =>
      Object.keys(byName).map((name) => `${type}.${name}`),
    );
    const theirs = managed.map(({ type, name }) => `${type}.${name}`);
    expect(ours.toSorted()).toEqual([...theirs, 'aws_iam_role_policy.task_execution_secret'].toSorted());
  });

  it('moves each resource from its module', () => {
    const moves = stack.moved.map(({ from, to }) => `${from} → ${to}`);
    for (const { module, type, name } of managed) {
      expect(moves).toContain(`${module}.${type}.${name} → ${type}.${name}`);
    }
  });

  it('has the variables of the reference with their types and defaults, and one for another secret', () => {
    const names = REFERENCE_VARIABLES.map(([name]) => name);
    expect(Object.keys(stack.variable).toSorted()).toEqual([...names, 'database_password_secret_arn'].toSorted());
    for (const [name, type, value] of REFERENCE_VARIABLES) {
      expect([name, stack.variable[name]?.type, stack.variable[name]?.default]).toEqual([name, type, value]);
    }
  });

  it('keeps user and password of the database out of what Terraform prints', () => {
    const sensitive = Object.entries(stack.variable).filter(([, variable]) => variable.sensitive === true);
    expect(sensitive.map(([name]) => name).toSorted()).toEqual(['master_password', 'master_username']);
  });

  it('has the outputs of the reference and no other', () => {
    expect(Object.keys(stack.output).toSorted()).toEqual(Object.keys(reference.outputs).toSorted());
  });

  it('describes every variable and output', () => {
    for (const { description } of [...Object.values(stack.variable), ...Object.values(stack.output)]) {
      expect(description.length).toBeGreaterThan(10);
    }
  });

  it('holds no hash, no path of a machine and no password', () => {
    expect(text).not.toMatch(/_[0-9A-F]{8}"/);
    expect(text).not.toContain(process.cwd());
    expect(text).not.toContain('ChangeMe');
    expect(stack.resource).not.toHaveProperty('//');
    expect(JSON.stringify(stack.resource)).not.toContain('"//"');
  });

  it('is the same each time', () => {
    expect(synthesize()).toBe(text);
  });

  it('admits AWS provider 5.100 and 6, and sets no attribute that only 6 has', () => {
    expect(stack.terraform.required_providers.aws.version).toBe('>= 5.100.0, < 7.0.0');
    for (const byName of Object.values(stack.resource)) {
      for (const resource of Object.values(byName)) expect(resource).not.toHaveProperty('region');
    }
  });
});

describe('the state', () => {
  it('lies in a file beside cdktf.out by default', () => {
    expect(stack.terraform.backend).toEqual({ local: { path: '../../../terraform.aurora-bg.tfstate' } });
  });

  it('goes to S3 with its own locking when a bucket is named', () => {
    process.env.TF_STATE_BUCKET = 'states';
    process.env.TF_STATE_KEY = 'team/bastion.tfstate';
    process.env.TF_STATE_REGION = 'eu-west-1';
    const { backend } = (JSON.parse(synthesize()) as Synthesized).terraform;
    expect(backend).toEqual({
      s3: { bucket: 'states', key: 'team/bastion.tfstate', region: 'eu-west-1', encrypt: true, use_lockfile: true },
    });
  });

  it('takes empty text for what is not set, as pipelines pass it', () => {
    Object.assign(process.env, { TF_STATE_BUCKET: 'states', TF_STATE_KEY: '', TF_STATE_REGION: '' });
    const { backend } = (JSON.parse(synthesize()) as Synthesized).terraform;
    expect(backend).toMatchObject({ s3: { key: 'aurora-bg/terraform.tfstate', region: 'ap-northeast-1' } });
  });
});
