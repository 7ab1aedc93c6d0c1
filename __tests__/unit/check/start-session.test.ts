import { parseConfiguration } from '../../../src/check/configuration';
import { mayNameTask, startSessionPolicies } from '../../../src/check/start-session';

const found = (type: string, attributes: object): boolean =>
  startSessionPolicies(parseConfiguration(JSON.stringify({ resource: { [type]: { it: attributes } } }))).length === 1;

const policy = (statement: object): object => ({
  policy: JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] }),
});

describe('ssm:StartSession on ECS tasks', () => {
  it.each([
    ['named', { Action: 'ssm:StartSession', Resource: 'arn:aws:ecs:eu-west-1:111122223333:task/c/*' }],
    ['in another case', { Action: ['SSM:startsession'], Resource: ['*'] }],
    ['by a pattern', { Action: 'ssm:Start*', Resource: '*' }],
    ['with everything else', { Action: '*', Resource: '*' }],
    ['by leaving others out', { NotAction: 'iam:*', Resource: '*' }],
    ['on all resources but some', { Action: 'ssm:*', NotResource: 'arn:aws:ec2:*:*:instance/*' }],
    ['on what only a plan knows', { Action: 'ssm:StartSession', Resource: '${var.somewhere}' }],
  ])('is found %s', (_, statement) => {
    for (const type of ['aws_iam_role_policy', 'aws_iam_policy', 'aws_iam_user_policy', 'aws_iam_group_policy']) {
      expect(found(type, policy(statement))).toBe(true);
    }
  });

  it('is found in a policy of a role itself', () => {
    expect(found('aws_iam_role', { inline_policy: [policy({ Action: 'ssm:*', Resource: '*' })] })).toBe(true);
  });

  it.each(['aws_iam_role_policy_attachment', 'aws_iam_user_policy_attachment', 'aws_iam_group_policy_attachment'])(
    'is found in a policy of AWS by %s',
    (type) => {
      expect(found(type, { policy_arn: 'arn:aws:iam::aws:policy/AmazonSSMFullAccess' })).toBe(true);
      expect(found(type, { policy_arn: 'arn:aws:iam::aws:policy/AmazonSSMReadOnlyAccess' })).toBe(false);
    },
  );

  it.each([
    ['another action', { Action: ['ssm:ResumeSession', 'ssmmessages:*'], Resource: '*' }],
    ['instances', { Action: 'ssm:StartSession', Resource: 'arn:aws:ec2:*:*:instance/*' }],
    ['a document', { Action: 'ssm:StartSession', Resource: 'arn:aws:ssm:*::document/AWS-StartSSHSession' }],
    ['other resources of ECS', { Action: 'ssm:StartSession', Resource: 'arn:aws:ecs:*:*:cluster/*' }],
    ['all but tasks', { Action: 'ssm:StartSession', NotResource: 'arn:aws:ecs:*:*:task/*' }],
    ['a denial', { Effect: 'Deny', Action: 'ssm:StartSession', Resource: '*' }],
    ['all but this action', { NotAction: 'ssm:*', Resource: '*' }],
  ])('is not found in a policy for %s', (_, statement) => {
    expect(found('aws_iam_role_policy', policy(statement))).toBe(false);
  });
});

it.each([
  ['*', true],
  ['arn:aws:ecs:*', true],
  ['arn:aws:ec2:*', false],
  ['arn:*:e*:*:*:ta*', true],
  ['arn:aws:ecs:*:*:task-definition/*', false],
  ['arn:aws:ecs:*:*:task/cluster/0123', true],
  ['arn:aws:ecs:eu-west-1:111122223333:*', true],
  ['arn:aws:s3:::bucket', false],
])('%s may name a task: %s', (pattern, may) => {
  expect(mayNameTask(pattern)).toBe(may);
});
