import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ReferenceState {
  readonly outputs: Readonly<Record<string, { readonly value: unknown }>>;
  readonly resources: readonly {
    readonly mode: 'managed' | 'data';
    readonly module: string;
    readonly type: string;
    readonly name: string;
    readonly instances: readonly { readonly index_key?: string | number }[];
  }[];
}

export const REFERENCE_FILES = {
  'one-off tasks': join(__dirname, '../fixtures/original.tfstate'),
  'a service': join(__dirname, '../fixtures/original-service.tfstate'),
} as const;

export function readReference(file: string): ReferenceState {
  return JSON.parse(readFileSync(file, 'utf8')) as ReferenceState;
}

/** What the existing system was created with, which RDS creates no more. It is not the default any more. */
export const REFERENCE_ENGINE = { aurora_engine_version: '15.6' };

/**
 * Variables of the existing system: name, type, default. On purpose `master_password` has lost its default, and the
 * engine has another.
 */
export const REFERENCE_VARIABLES: readonly (readonly [name: string, type: string, value: unknown])[] = [
  ['name_prefix', 'string', 'aurora-bg'],
  ['vpc_cidr', 'string', '10.0.0.0/16'],
  ['tags', 'map(string)', { Environment: 'development', Project: 'aurora-blue-green-deployment' }],
  ['aws_region', 'string', 'ap-northeast-1'],
  ['database_name', 'string', 'mydb'],
  ['master_username', 'string', 'postgres'],
  ['master_password', 'string', null],
  ['instance_class', 'string', 'db.t4g.medium'],
  ['aurora_instance_count', 'number', 2],
  ['aurora_engine_version', 'string', '15.17'],
  ['backup_retention_period', 'number', 7],
  ['backup_window', 'string', '03:00-04:00'],
  ['maintenance_window', 'string', 'sun:04:00-sun:05:00'],
  ['skip_final_snapshot', 'bool', true],
  ['performance_insights_enabled', 'bool', true],
  ['monitoring_interval', 'number', 60],
  ['bastion_container_image', 'string', 'public.ecr.aws/amazonlinux/amazonlinux:2023'],
  ['bastion_task_cpu', 'string', '256'],
  ['bastion_task_memory', 'string', '512'],
  ['bastion_enable_service', 'bool', false],
  ['bastion_service_desired_count', 'number', 1],
];
