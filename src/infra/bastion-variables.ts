import { isWholeBetween, matches, type VariableDeclaration } from './variable-declaration';

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
      "ARN of the Secrets Manager secret that becomes the task's PGPASSWORD: its whole value, or one key of it (arn:…:secret:name:key::). It does not set the cluster's password, which stays master_password or RDS's own. Empty: the secret in which RDS keeps the master password",
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
