import { matches, type VariableDeclaration } from './variable-declaration';

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
