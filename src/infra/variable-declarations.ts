/** One Terraform variable. Conditions are Terraform expressions: they run in Terraform, with the user's values. */
export interface VariableDeclaration {
  readonly type: 'string' | 'number' | 'bool' | 'map(string)';
  readonly description: string;
  readonly default?: unknown;
  readonly sensitive?: true;
  readonly validation?: readonly { readonly condition: string; readonly errorMessage: string }[];
}

const matches = (name: string, pattern: string): string => `\${can(regex("${pattern}", var.${name}))}`;
const isWholeBetween = (name: string, low: number, high: number): string =>
  `\${var.${name} >= ${low} && var.${name} <= ${high} && floor(var.${name}) == var.${name}}`;

const TIME = '([01][0-9]|2[0-3]):[0-5][0-9]';
const DAY = '(mon|tue|wed|thu|fri|sat|sun)';

export const NETWORK_VARIABLES = {
  name_prefix: {
    type: 'string',
    description: 'Begins the name of every resource',
    default: 'aurora-bg',
    validation: [
      {
        condition: matches('name_prefix', '^[a-z]([a-z0-9]|-[a-z0-9])*$'),
        errorMessage:
          'name_prefix has lower-case letters, digits and single hyphens; it begins with a letter and does not end in a hyphen.',
      },
      {
        // A role's name has at most 64 characters, and "-rds-enhanced-monitoring" takes 24 of them.
        condition: '${length(var.name_prefix) <= 40}',
        errorMessage: 'name_prefix has at most 40 characters, so that the names made from it fit the limits of AWS.',
      },
    ],
  },
  vpc_cidr: {
    type: 'string',
    description: 'IPv4 range of the VPC, /16 to /20; each subnet takes 1/256 of it',
    default: '10.0.0.0/16',
    validation: [
      {
        condition:
          '${can(cidrnetmask(var.vpc_cidr)) && try(cidrhost(var.vpc_cidr, 0) == split("/", var.vpc_cidr)[0], false)}',
        errorMessage: 'vpc_cidr is an IPv4 network such as 10.0.0.0/16, with no bits set behind the prefix.',
      },
      {
        condition:
          '${try(tonumber(split("/", var.vpc_cidr)[1]) >= 16 && tonumber(split("/", var.vpc_cidr)[1]) <= 20, false)}',
        errorMessage: 'vpc_cidr is between /16 (the largest VPC) and /20 (whose subnets are /28, the smallest).',
      },
    ],
  },
  tags: {
    type: 'map(string)',
    description: 'Tags of the database and bastion resources',
    default: { Environment: 'development', Project: 'aurora-blue-green-deployment' },
    validation: [
      {
        condition: '${alltrue([for key in keys(var.tags) : !startswith(lower(key), "aws:") && length(key) <= 128])}',
        errorMessage: 'A key in tags has at most 128 characters and does not begin with "aws:".',
      },
    ],
  },
  aws_region: {
    type: 'string',
    description: 'AWS region of everything',
    default: 'ap-northeast-1',
    validation: [
      {
        condition: matches('aws_region', '^[a-z]{2}(-[a-z]+)+-[0-9]$'),
        errorMessage: 'aws_region is the code of a region, such as ap-northeast-1.',
      },
    ],
  },
} as const satisfies Record<string, VariableDeclaration>;

export const DATABASE_VARIABLES = {
  database_name: {
    type: 'string',
    description: 'Name of the database that the cluster is created with',
    default: 'mydb',
    validation: [
      {
        condition: matches('database_name', '^[A-Za-z][A-Za-z0-9_]{0,62}$'),
        errorMessage: 'database_name begins with a letter and has at most 63 letters, digits and underscores.',
      },
    ],
  },
  master_username: {
    type: 'string',
    description: 'Name of the master user',
    default: 'postgres',
    sensitive: true,
    validation: [
      {
        condition: matches('master_username', '^[A-Za-z][A-Za-z0-9_]{0,15}$'),
        errorMessage: 'master_username begins with a letter and has at most 16 letters, digits and underscores.',
      },
      {
        condition: '${!contains(["admin", "rdsadmin", "rdsrepladmin"], lower(var.master_username))}',
        errorMessage: 'master_username is a name that RDS keeps for itself.',
      },
    ],
  },
  master_password: {
    type: 'string',
    description:
      'Password of the master user, for a system that already has one. It ends up in the state and the task definition in clear. Without it RDS makes a password and keeps it in Secrets Manager',
    default: null,
    sensitive: true,
    validation: [
      {
        condition: '${var.master_password == null || can(regex("^[!#-.0-?A-~]{8,128}$", var.master_password))}',
        errorMessage:
          'master_password has 8 to 128 printable ASCII characters, without slash, at sign, double quote and space.',
      },
    ],
  },
  instance_class: {
    type: 'string',
    description: 'Class of the Aurora instances',
    default: 'db.t4g.medium',
    validation: [
      {
        condition: matches('instance_class', '^db\\\\.[a-z0-9]+\\\\.[a-z0-9-]+$'),
        errorMessage: 'instance_class is a class such as db.t4g.medium.',
      },
    ],
  },
  aurora_instance_count: {
    type: 'number',
    description: 'Number of Aurora instances: one writer, the rest readers',
    default: 2,
    validation: [
      {
        condition: isWholeBetween('aurora_instance_count', 1, 16),
        errorMessage: 'aurora_instance_count is a whole number from 1 to 16.',
      },
    ],
  },
  aurora_engine_version: {
    type: 'string',
    description: 'Aurora PostgreSQL version; parameter groups and the bastion client follow its major version',
    default: '15.6',
    validation: [
      {
        condition: matches('aurora_engine_version', '^1[1-9]([.][0-9]+){0,2}$'),
        errorMessage: 'aurora_engine_version is a PostgreSQL version such as 15.6, of major version 11 or later.',
      },
    ],
  },
  backup_retention_period: {
    type: 'number',
    description: 'Days that automated backups are kept',
    default: 7,
    validation: [
      {
        condition: isWholeBetween('backup_retention_period', 1, 35),
        errorMessage: 'backup_retention_period is a whole number of days from 1 to 35.',
      },
    ],
  },
  backup_window: {
    type: 'string',
    description: 'Daily window of the automated backups, UTC, hh:mm-hh:mm; it does not overlap maintenance_window',
    default: '03:00-04:00',
    validation: [
      {
        condition: matches('backup_window', `^${TIME}-${TIME}$`),
        errorMessage: 'backup_window is a span of UTC such as 03:00-04:00.',
      },
    ],
  },
  maintenance_window: {
    type: 'string',
    description: 'Weekly maintenance window of the cluster, UTC, ddd:hh:mm-ddd:hh:mm',
    default: 'sun:04:00-sun:05:00',
    validation: [
      {
        condition: matches('maintenance_window', `^${DAY}:${TIME}-${DAY}:${TIME}$`),
        errorMessage: 'maintenance_window is a span of UTC such as sun:04:00-sun:05:00, in lower case.',
      },
    ],
  },
  skip_final_snapshot: {
    type: 'bool',
    description:
      'Whether destroying the cluster leaves no snapshot. The name of a final snapshot holds the time of the plan',
    default: true,
  },
  performance_insights_enabled: {
    type: 'bool',
    description: 'Whether the instances record Performance Insights',
    default: true,
  },
  monitoring_interval: {
    type: 'number',
    description: 'Seconds between two records of Enhanced Monitoring; 0 turns it off, with its role',
    default: 60,
    validation: [
      {
        condition: '${contains([0, 1, 5, 10, 15, 30, 60], var.monitoring_interval)}',
        errorMessage: 'monitoring_interval is 0, 1, 5, 10, 15, 30 or 60 seconds.',
      },
    ],
  },
} as const satisfies Record<string, VariableDeclaration>;

/** Memory in MiB that Fargate takes with each number of CPU units: lowest, highest, step. */
const FARGATE_MEMORY: Readonly<Record<string, readonly [low: number, high: number, step: number]>> = {
  '512': [1024, 4096, 1024],
  '1024': [2048, 8192, 1024],
  '2048': [4096, 16384, 1024],
  '4096': [8192, 30720, 1024],
  '8192': [16384, 61440, 4096],
  '16384': [32768, 122880, 8192],
};

const FARGATE_PAIRS = [
  '256:512,1024,2048',
  ...Object.entries(FARGATE_MEMORY).map(([cpu, [low, high, step]]) => `${cpu}:${low}-${high}/${step}`),
].join(' ');

const memoryFits = [
  '(var.bastion_task_cpu == "256" && contains(["512", "1024", "2048"], var.bastion_task_memory))',
  ...Object.entries(FARGATE_MEMORY).map(
    ([cpu, [low, high, step]]) =>
      `(var.bastion_task_cpu == "${cpu}" && tonumber(var.bastion_task_memory) >= ${low} && tonumber(var.bastion_task_memory) <= ${high} && tonumber(var.bastion_task_memory) % ${step} == 0)`,
  ),
].join(' || ');

export const BASTION_VARIABLES = {
  bastion_container_image: {
    type: 'string',
    description: 'Image of the bastion container; one with yum, since the task installs the PostgreSQL client itself',
    default: 'public.ecr.aws/amazonlinux/amazonlinux:2023',
    validation: [
      {
        condition: matches('bastion_container_image', '^[^[:space:]]+$'),
        errorMessage: 'bastion_container_image is the name of an image, without spaces.',
      },
    ],
  },
  bastion_task_cpu: {
    type: 'string',
    description: 'CPU units of the bastion task (1024 are one vCPU)',
    default: '256',
    validation: [
      {
        condition: '${contains(["256", "512", "1024", "2048", "4096", "8192", "16384"], var.bastion_task_cpu)}',
        errorMessage: 'bastion_task_cpu is 256, 512, 1024, 2048, 4096, 8192 or 16384.',
      },
    ],
  },
  bastion_task_memory: {
    type: 'string',
    description: 'Memory of the bastion task in MiB; Fargate takes certain pairs with bastion_task_cpu',
    default: '512',
    validation: [
      {
        condition: `\${try(${memoryFits}, false)}`,
        errorMessage: `bastion_task_memory does not go with bastion_task_cpu on Fargate, which takes (cpu:memory) ${FARGATE_PAIRS}.`,
      },
    ],
  },
  bastion_enable_service: {
    type: 'bool',
    description: 'Whether a service keeps bastion tasks running all the time; for development',
    default: false,
  },
  bastion_service_desired_count: {
    type: 'number',
    description: 'Number of tasks that the service keeps running',
    default: 1,
    validation: [
      {
        condition: isWholeBetween('bastion_service_desired_count', 0, 10),
        errorMessage: 'bastion_service_desired_count is a whole number from 0 to 10.',
      },
    ],
  },
  database_password_secret_arn: {
    type: 'string',
    description:
      "ARN of the Secrets Manager secret that becomes the task's PGPASSWORD, as a whole or by a key (arn:…:secret:name:key::). Empty: the secret in which RDS keeps the master password",
    default: '',
    validation: [
      {
        condition:
          '${var.database_password_secret_arn == "" || can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[^:]+(:[^:]*:[^:]*:[^:]*)?$", var.database_password_secret_arn))}',
        errorMessage:
          'database_password_secret_arn is the ARN of a Secrets Manager secret, with or without :key:stage:version.',
      },
    ],
  },
} as const satisfies Record<string, VariableDeclaration>;
