import { allowing, allows, isForAllResources, isForEverybody, matches, statements } from '../policy';
import { each, type Rule } from '../rule';
import { type Fields, isSet, isSurely, texts } from '../value';
import type { Configuration, Resource } from '../configuration';

/** Actions that IAM gives for all resources or not at all (the service authorization reference of AWS). */
const WITHOUT_RESOURCES = ['ssmmessages:*', 'ecr:GetAuthorizationToken', 'ec2:Describe*'];

const withStatement =
  (isWrong: (statement: Fields) => boolean) =>
  (configuration: Configuration): readonly Resource[] =>
    allowing(configuration)
      .filter(([, statements]) => statements.some(isWrong))
      .map(([resource]) => resource);

export const IAM_RULES: readonly Rule[] = [
  {
    id: 'CKV_AWS_63',
    also: ['CKV_AWS_62', 'AVD-AWS-0057'],
    what: 'A policy allows every action',
    remedy: 'Name the actions',
    violations: withStatement(({ Action, NotAction }) => NotAction !== undefined || texts(Action).includes('*')),
  },
  {
    id: 'CKV_AWS_355',
    also: ['CKV_AWS_290', 'AVD-AWS-0057'],
    what: 'A policy allows actions on every resource that could be allowed on some',
    remedy: 'Name the resources',
    violations: withStatement(
      (statement) =>
        isForAllResources(statement) &&
        !texts(statement.Action).every((action) => WITHOUT_RESOURCES.some((pattern) => matches(pattern, action))),
    ),
  },
  {
    id: 'CKV_AWS_61',
    what: 'Anybody may take on the role',
    remedy: 'Name the service or the account as the principal',
    violations: each('aws_iam_role', ({ attributes }) =>
      statements(attributes.assume_role_policy).some((one) => allows(one) && isForEverybody(one)),
    ),
  },
  {
    id: 'CKV_AWS_7',
    also: ['AVD-AWS-0065'],
    what: 'The key is never rotated',
    remedy: 'Set enable_key_rotation',
    violations: each(
      'aws_kms_key',
      ({ attributes }) => !isSurely(attributes.enable_key_rotation, (one) => one === true),
    ),
  },
  {
    id: 'CKV2_AWS_64',
    what: 'The key has no policy of its own',
    remedy: 'Set policy',
    violations: each('aws_kms_key', ({ attributes }) => !isSet(attributes.policy)),
  },
  {
    id: 'CKV_AWS_33',
    what: 'Anybody may use the key',
    remedy: 'Name accounts, roles or services as principals of its policy',
    violations: each('aws_kms_key', ({ attributes }) =>
      statements(attributes.policy).some((one) => allows(one) && isForEverybody(one)),
    ),
  },
];
