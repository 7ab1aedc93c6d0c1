import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeCliConfig } from '../../../src/local-aws/provider-mirror';
import { temporaryDirectory } from '../../support/bastion';
import { type Synthesized, synthesize } from '../../support/synth';
import { asArguments } from '../../support/terraform';

const folder = temporaryDirectory();

// The variables alone: Terraform checks them before it asks any provider, so none is needed.
beforeAll(() => {
  const { variable } = JSON.parse(synthesize()) as Synthesized;
  writeFileSync(join(folder, 'cdk.tf.json'), JSON.stringify({ variable }));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** What Terraform says of the values: nothing when they are good. */
async function complaints(variables: Readonly<Record<string, unknown>>): Promise<string> {
  const env = { ...process.env, TF_CLI_CONFIG_FILE: writeCliConfig(folder, undefined), CHECKPOINT_DISABLE: '1' };
  try {
    const argv = ['plan', '-input=false', '-lock=false', '-no-color', ...asArguments(variables)];
    await promisify(execFile)('terraform', argv, { cwd: folder, env });
    return '';
  } catch (error) {
    return String((error as { stderr?: unknown }).stderr).replace(/\s*\n[│\s]*/g, ' ');
  }
}

describe('a variable with a wrong value is refused before anything is planned', () => {
  it.each<readonly [string, unknown, RegExp]>([
    ['name_prefix', 'Aurora', /name_prefix has/],
    ['name_prefix', 'a'.repeat(41), /at most 40 characters/],
    ['name_prefix', 'ends-', /name_prefix has/],
    ['vpc_cidr', '10.0.0.0', /vpc_cidr is an IPv4 network/],
    ['vpc_cidr', '10.0.0.1/16', /no bits set/],
    ['vpc_cidr', '10.0.0.0/21', /between \/16/],
    ['vpc_cidr', '10.0.0.0/15', /between \/16/],
    ['aws_region', 'tokyo', /aws_region is the code/],
    ['tags', { 'aws:x': 'y' }, /does not begin with "aws:"/],
    ['database_name', '1db', /database_name begins/],
    ['master_username', '1st', /master_username begins/],
    ['master_username', 'rdsadmin', /keeps for itself/],
    ['master_password', 'short', /8 to 128 printable/],
    ...[' ', '/', '@', '"'].map(
      (character) => ['master_password', `Secret${character}123`, /8 to 128 printable/] as const,
    ),
    ['instance_class', 't4g.medium', /instance_class is a class/],
    ['aurora_instance_count', 0, /from 1 to 16/],
    ['aurora_instance_count', 1.5, /whole number/],
    ['aurora_engine_version', '9.6', /PostgreSQL version/],
    ['backup_retention_period', 36, /from 1 to 35/],
    ['backup_window', '3:00-4:00', /span of UTC/],
    ['backup_window', '23:50-00:19', /at least 30 minutes/],
    ['maintenance_window', 'Sun:04:00-Sun:05:00', /in lower case/],
    ['maintenance_window', 'sun:23:50-mon:00:19', /at least 30 minutes/],
    ['maintenance_window', 'sun:04:00-mon:04:00', /less than a day/],
    ['maintenance_window', 'sun:03:59-sun:05:00', /overlaps the daily backup_window/],
    ['maintenance_window', 'sun:23:00-mon:03:01', /overlaps the daily backup_window/],
    ['maintenance_window', 'sun:03:00-sun:04:00', /overlaps the daily backup_window/],
    ['monitoring_interval', 20, /0, 1, 5, 10/],
    ['bastion_container_image', 'amazonlinux 2023', /without spaces/],
    ['bastion_task_cpu', '300', /bastion_task_cpu is/],
    ['bastion_task_memory', '4096', /does not go with/],
    ['bastion_task_memory', 'much', /does not go with/],
    ['bastion_service_desired_count', -1, /from 0 to 10/],
    ['database_password_secret_arn', 'my-secret', /ARN of a Secrets Manager/],
  ])('%s = %j', async (name, value, message) => {
    expect(await complaints({ [name]: value })).toMatch(message);
  });

  it.each([
    {
      name_prefix: 'team-1',
      vpc_cidr: '172.16.0.0/20',
      aws_region: 'us-gov-west-1',
      master_password: "it's-Fine_9",
      aurora_engine_version: '16.4',
      aurora_instance_count: 3,
      monitoring_interval: 0,
      bastion_task_cpu: '8192',
      bastion_task_memory: '20480',
      database_password_secret_arn: 'arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:db-AbCdEf:pw::',
    },
    {
      name_prefix: 'a'.repeat(40),
      aurora_engine_version: '17',
      aurora_instance_count: 16,
      bastion_service_desired_count: 0,
      // Across midnight and the end of the week, and up to the minute at which the backup begins and ends.
      backup_window: '23:45-00:15',
      maintenance_window: 'sun:00:15-sun:23:45',
    },
    { backup_window: '03:00-04:00', maintenance_window: 'sun:23:00-mon:03:00' },
  ])('and good ones pass: %j', async (good) => {
    expect(await complaints(good)).toBe('');
  });
});
