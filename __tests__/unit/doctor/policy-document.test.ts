import { decide, least, parsePolicy, trusts } from '../../../src/doctor/policy-document';

const ARN = 'arn:aws:secretsmanager:eu-west-1:1:secret:db-AbCdEf';
const READ = 'secretsmanager:GetSecretValue';
const allow = { Effect: 'Allow', Action: READ, Resource: ARN };
const all = { Effect: 'Allow', Action: '*', Resource: '*' };
const IF = { Bool: { 'aws:SecureTransport': 'true' } };

it.each<[string, object | object[], string]>([
  ['nothing', [], 'denied'],
  ['the action on the resource', allow, 'allowed'],
  ['the action in other letters', { ...allow, Action: 'SecretsManager:getsecretvalue' }, 'allowed'],
  ['all', all, 'allowed'],
  ['one of several actions', { ...allow, Action: ['logs:*', 'secretsmanager:Get*'] }, 'allowed'],
  ['a pattern with a question mark', { ...allow, Resource: 'arn:aws:*:secret:db-??????' }, 'allowed'],
  ['a pattern that is too short', { ...allow, Resource: 'arn:aws:*:secret:db-?????' }, 'denied'],
  ['a dot is no pattern', { ...allow, Action: 'secretsmanager.GetSecretValue' }, 'denied'],
  ['another action', { ...allow, Action: 'secretsmanager:Describe*' }, 'denied'],
  ['another resource', { ...allow, Resource: 'arn:aws:secretsmanager:eu-west-1:1:secret:other' }, 'denied'],
  ['resources know case', { ...allow, Resource: ARN.toLowerCase() }, 'denied'],
  ['all but other actions', { Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }, 'allowed'],
  ['all but this action', { Effect: 'Allow', NotAction: 'secretsmanager:*', Resource: '*' }, 'denied'],
  ['all but this resource', { Effect: 'Allow', Action: '*', NotResource: ARN }, 'denied'],
  ['a condition', { ...allow, Condition: IF }, 'depends'],
  ['no conditions after all', { ...allow, Condition: {} }, 'allowed'],
  ['a condition beside none', [{ ...allow, Condition: IF }, allow], 'allowed'],
  ['a denial', [allow, { ...allow, Effect: 'Deny' }], 'denied'],
  ['a denial of something else', [allow, { ...allow, Effect: 'Deny', Action: 'iam:*' }], 'allowed'],
  ['a denial under a condition', [allow, { ...all, Effect: 'Deny', Condition: IF }], 'depends'],
])('allows by a policy with %s: %s', (_, statements, decision) => {
  expect(decide([{ Statement: statements }], READ, ARN)).toBe(decision);
});

it('looks at several policies together, and at any resource where none is named', () => {
  const [allowing, denying] = [{ Statement: allow }, { Statement: { ...all, Effect: 'Deny' } }];
  expect(decide([{}, allowing], READ, ARN)).toBe('allowed');
  expect(decide([allowing, denying], READ, ARN)).toBe('denied');
  expect(decide([allowing], READ)).toBe('allowed');
});

it('takes the least of decisions', () => {
  expect(least(['allowed', 'depends'])).toBe('depends');
  expect(least(['depends', 'denied', 'allowed'])).toBe('denied');
  expect(least(['allowed'])).toBe('allowed');
});

it('reads policies as IAM gives them', () => {
  const text = JSON.stringify({ Statement: [allow] });
  expect(parsePolicy(text)).toEqual({ Statement: [allow] });
  expect(parsePolicy(encodeURIComponent(text))).toEqual({ Statement: [allow] });
  expect(parsePolicy('not JSON')).toEqual({});
});

it.each([
  ['the service', { Principal: { Service: 'ecs-tasks.amazonaws.com' } }, true],
  ['one of several', { Principal: { Service: ['ec2.amazonaws.com', 'ecs-tasks.amazonaws.com'] } }, true],
  ['another', { Principal: { Service: 'ec2.amazonaws.com' } }, false],
  ['an account', { Principal: { AWS: '1' } }, false],
  ['another action', { Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:TagSession' }, false],
  ['a denial', { Principal: { Service: 'ecs-tasks.amazonaws.com' }, Effect: 'Deny' }, false],
])('trusts %s', (_, statement, expected) => {
  const document = { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', ...statement }] };
  expect(trusts(document, 'ecs-tasks.amazonaws.com')).toBe(expected);
});
