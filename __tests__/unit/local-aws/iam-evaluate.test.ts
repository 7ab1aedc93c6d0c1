import { type AuthorizationRequest, evaluate } from '../../../src/local-aws/iam/evaluate';
import type { RequestContext } from '../../../src/local-aws/iam/pattern';

const STOP: AuthorizationRequest = {
  action: 'ecs:StopTask',
  resource: 'arn:aws:ecs:eu-west-1:123456789012:task/bastion/1',
  context: { 'aws:userid': 'AIDA1', 'aws:username': 'ann' },
};
const ALLOW_ALL = { Effect: 'Allow', Action: '*', Resource: '*' };

function decide(statements: unknown, request: Partial<AuthorizationRequest> = {}, version = '2012-10-17'): string {
  return evaluate({ Version: version, Statement: statements }, { ...STOP, ...request });
}

/** Whether a condition holds in a context. */
function holds(condition: unknown, context: RequestContext = {}): boolean {
  const statement = { ...ALLOW_ALL, Condition: condition };
  return decide(statement, { context: { ...STOP.context, ...context } }) === 'allowed';
}

describe('a policy', () => {
  it('denies what no statement allows', () => {
    expect(decide([])).toBe('implicitDeny');
    expect(decide({ ...ALLOW_ALL, Action: 'ecs:RunTask' })).toBe('implicitDeny');
  });

  it('denies what one statement denies, whatever others allow and wherever they stand', () => {
    const deny = { ...ALLOW_ALL, Effect: 'Deny', Action: 'ecs:StopTask' };
    expect(decide([deny, ALLOW_ALL])).toBe('explicitDeny');
    expect(decide([ALLOW_ALL, deny])).toBe('explicitDeny');
    expect(decide([ALLOW_ALL, { ...deny, Action: 'ecs:RunTask' }])).toBe('allowed');
  });

  it('may have one statement in the place of a list', () => {
    expect(decide(ALLOW_ALL)).toBe('allowed');
  });

  it.each([
    ['no statement', undefined],
    ['another effect', { ...ALLOW_ALL, Effect: 'allow' }],
    ['no action', { Effect: 'Allow', Resource: '*' }],
    ['an action and its opposite', { ...ALLOW_ALL, NotAction: 'ecs:*' }],
    ['no resource', { Effect: 'Allow', Action: '*' }],
  ])('with %s is none', (_, statement) => {
    expect(() => decide(statement)).toThrow(/polic|statement/i);
  });
});

describe('actions', () => {
  it.each([
    ['ecs:StopTask', true],
    ['ECS:stoptask', true],
    ['ecs:*', true],
    ['ecs:Stop*', true],
    ['ecs:St?pTask', true],
    ['*', true],
    [['ecs:RunTask', 'ecs:StopTask'], true],
    ['ecs:StopTas', false],
    ['ecs:St?Task', false],
    ['ssm:*', false],
    [[], false],
  ])('%j', (action, isAllowed) => {
    expect(decide({ ...ALLOW_ALL, Action: action })).toBe(isAllowed ? 'allowed' : 'implicitDeny');
  });

  it('can be all but some', () => {
    expect(decide({ Effect: 'Allow', NotAction: 'ecs:Run*', Resource: '*' })).toBe('allowed');
    expect(decide({ Effect: 'Allow', NotAction: ['iam:*', 'ecs:STOP*'], Resource: '*' })).toBe('implicitDeny');
  });
});

describe('resources', () => {
  it.each([
    ['arn:aws:ecs:eu-west-1:123456789012:task/bastion/1', true],
    ['arn:aws:ecs:eu-west-1:123456789012:task/bastion/*', true],
    ['arn:aws:ecs:*:*:task/bastion/?', true],
    ['arn:aws:ecs:*', true],
    [['arn:aws:s3:::x', '*'], true],
    ['arn:aws:ecs:eu-west-1:123456789012:task/Bastion/1', false],
    ['arn:aws:ecs:eu-west-1:123456789012:task/bastion', false],
    ['arn:aws:ecs:eu-west-1:123456789012:task/bastio./1', false],
    ['arn:aws:ecs:eu-west-1:123456789012:task/bastion/?1', false],
  ])('%j', (resource, isAllowed) => {
    expect(decide({ ...ALLOW_ALL, Resource: resource })).toBe(isAllowed ? 'allowed' : 'implicitDeny');
  });

  it('can be all but some', () => {
    const allButTasks = { Effect: 'Allow', Action: '*', NotResource: 'arn:aws:ecs:*:*:task/*' };
    expect(decide(allButTasks)).toBe('implicitDeny');
    expect(decide(allButTasks, { resource: 'arn:aws:ecs:eu-west-1:1:cluster/bastion' })).toBe('allowed');
  });
});

describe('variables', () => {
  const session = (id: string, context: RequestContext = STOP.context) => ({ resource: `session/${id}`, context });
  const own = { ...ALLOW_ALL, Resource: 'session/${aws:username}-*' };

  it('stand for what the request has, in any case of their names', () => {
    expect(decide(own, session('ann-1'))).toBe('allowed');
    expect(decide(own, session('bob-1'))).toBe('implicitDeny');
    expect(decide({ ...ALLOW_ALL, Resource: 'session/${AWS:UserName}-*' }, session('ann-1'))).toBe('allowed');
    expect(holds({ StringEquals: { 'aws:userid': '${aws:userid}' } })).toBe(true);
    expect(holds({ StringEquals: { 'aws:userid': '${aws:username}' } })).toBe(false);
  });

  it('bring no wildcards', () => {
    expect(decide(own, session('ann-1', { 'aws:username': '*' }))).toBe('implicitDeny');
    expect(decide(own, session('*-1', { 'aws:username': '*' }))).toBe('allowed');
  });

  it('without a value are equal to nothing and like nothing', () => {
    expect(decide(own, session('ann-1', {}))).toBe('implicitDeny');
    expect(decide(own, session('-1', {}))).toBe('implicitDeny');
    expect(holds({ StringLike: { 'aws:userid': '${ec2:none}*' } })).toBe(false);
    expect(holds({ StringNotLike: { 'aws:userid': '${ec2:none}*' } })).toBe(true);
    expect(holds({ StringEquals: { 'aws:userid': ['${ec2:none}', 'AIDA1'] } })).toBe(true);
  });

  it('can have a default, which a value goes before', () => {
    expect(holds({ StringEquals: { 'aws:userid': "${ec2:none, 'AIDA1'}" } })).toBe(true);
    expect(holds({ StringEquals: { 'aws:userid': "${aws:username, 'AIDA1'}" } })).toBe(false);
  });

  it('can be the characters that else are wildcards', () => {
    expect(holds({ StringLike: { 'x:name': 'a${*}' } }, { 'x:name': 'a*' })).toBe(true);
    expect(holds({ StringLike: { 'x:name': 'a${*}' } }, { 'x:name': 'ab' })).toBe(false);
    expect(holds({ StringEquals: { 'x:name': '${$}{a${?}' } }, { 'x:name': '${a?' })).toBe(true);
  });

  it('are none in a policy of the older version', () => {
    expect(decide(own, session('ann-1'), '2008-10-17')).toBe('implicitDeny');
    expect(decide(own, session('${aws:username}-1'), '2008-10-17')).toBe('allowed');
  });
});

const ARN = 'arn:aws:ecs:eu-west-1:1:cluster/bastion';
const TAG = 'aws:ResourceTag/team';

describe('a condition', () => {
  it.each<[operator: string, value: unknown, found: string, holds: boolean]>([
    ['StringEquals', 'red', 'red', true],
    ['StringEquals', 'red', 'Red', false],
    ['StringEquals', 're*', 're*', true],
    ['StringEquals', 're*', 'red', false],
    ['StringEquals', ['blue', 'red'], 'red', true],
    ['StringNotEquals', 'red', 'blue', true],
    ['StringNotEquals', ['blue', 'red'], 'red', false],
    ['StringEqualsIgnoreCase', 'red', 'RED', true],
    ['StringNotEqualsIgnoreCase', 'red', 'RED', false],
    ['StringLike', 'r?d*', 'reddish', true],
    ['StringLike', 'r?d', 'reddish', false],
    ['StringLike', 'R*', 'red', false],
    ['StringNotLike', 'r*', 'red', false],
    ['StringNotLike', 'r*', 'blue', true],
    ['ArnEquals', ARN, ARN, true],
    ['ArnEquals', 'arn:aws:ecs:*:1:cluster/b*', ARN, true],
    ['ArnLike', 'arn:aws:ecs:*:*:cluster/*', ARN, true],
    // A wildcard stays within its part of the ARN, and an ARN has six.
    ['ArnLike', 'arn:aws:ecs:*:cluster/bastion', ARN, false],
    ['ArnLike', 'arn:aws:*', ARN, false],
    ['ArnLike', 'arn:aws:logs:*:1:log-group:x:*', 'arn:aws:logs:eu-west-1:1:log-group:x:log-stream:y', true],
    ['ArnLike', '*', ARN, false],
    ['ArnLike', 'arn:aws:ecs:*:*:cluster/*', 'bastion', false],
    ['ArnNotEquals', ARN, ARN, false],
    ['ArnNotLike', 'arn:aws:ecs:*:*:task/*', ARN, true],
    ['Bool', 'true', 'true', true],
    ['Bool', true, 'True', true],
    ['Bool', 'true', 'false', false],
  ])('%s %j of %s: %s', (operator, value, found, expected) => {
    expect(holds({ [operator]: { [TAG]: value } }, { [TAG]: found })).toBe(expected);
  });

  it.each([
    ['StringEquals', false],
    ['StringLike', false],
    ['ArnLike', false],
    ['Bool', false],
    ['StringNotEquals', true],
    ['StringNotLike', true],
    ['ArnNotLike', true],
    ['StringEqualsIfExists', true],
    ['BoolIfExists', true],
    ['StringNotEqualsIfExists', true],
    ['ForAllValues:StringEquals', true],
    ['ForAnyValue:StringEquals', false],
    ['ForAnyValue:StringNotEquals', false],
    ['ForAnyValue:StringEqualsIfExists', true],
  ])('%s of a key that is not there: %s', (operator, expected) => {
    expect(holds({ [operator]: { [TAG]: 'x' } })).toBe(expected);
    expect(holds({ [operator]: { [TAG]: 'x' } }, { [TAG]: [] })).toBe(expected);
  });

  it('…IfExists looks at a key that is there', () => {
    expect(holds({ StringEqualsIfExists: { [TAG]: 'red' } }, { [TAG]: 'blue' })).toBe(false);
    expect(holds({ BoolIfExists: { [TAG]: 'true' } }, { [TAG]: 'false' })).toBe(false);
  });

  it('Null asks whether a key is missing', () => {
    expect(holds({ Null: { [TAG]: 'true' } })).toBe(true);
    expect(holds({ Null: { [TAG]: 'false' } })).toBe(false);
    expect(holds({ Null: { [TAG]: false } }, { [TAG]: '' })).toBe(true);
    expect(holds({ Null: { [TAG]: true } }, { [TAG]: 'red' })).toBe(false);
  });

  it.each([
    ['ForAllValues:StringEquals', ['a'], true],
    ['ForAllValues:StringEquals', ['a', 'b'], true],
    ['ForAllValues:StringEquals', ['a', 'c'], false],
    ['ForAnyValue:StringEquals', ['a', 'c'], true],
    ['ForAnyValue:StringEquals', ['c', 'd'], false],
    ['ForAllValues:StringNotEquals', ['c', 'd'], true],
    ['ForAllValues:StringNotEquals', ['a', 'c'], false],
    ['ForAnyValue:StringNotEquals', ['a', 'c'], true],
    ['ForAnyValue:StringNotEquals', ['a', 'b'], false],
    ['ForAllValues:StringLikeIfExists', ['a', 'b'], true],
    ['StringEquals', ['a', 'c'], true],
    ['StringNotEquals', ['a', 'c'], false],
    ['StringNotEquals', ['c', 'd'], true],
  ])('%s [a, b] of %j: %s', (operator, found, expected) => {
    expect(holds({ [operator]: { 'aws:TagKeys': ['a', 'b'] } }, { 'aws:TagKeys': found })).toBe(expected);
  });

  it('takes keys in any case', () => {
    expect(holds({ StringEquals: { 'AWS:USERID': 'AIDA1' } })).toBe(true);
  });

  it('holds when all of its operators and keys do', () => {
    const both = { StringEquals: { 'x:a': '1', 'x:b': '2' }, Bool: { 'x:c': 'true' } };
    expect(holds(both, { 'x:a': '1', 'x:b': '2', 'x:c': 'true' })).toBe(true);
    expect(holds(both, { 'x:a': '1', 'x:b': '3', 'x:c': 'true' })).toBe(false);
    expect(holds(both, { 'x:a': '1', 'x:b': '2', 'x:c': 'false' })).toBe(false);
  });

  it.each([
    'StringEqual',
    'stringequals',
    'NullIfExists',
    'ForSomeValues:StringEquals',
    'ForAnyValue:Null',
    'toString',
  ])('with the operator %s is none, also where another action is allowed', (operator) => {
    const statement = { ...ALLOW_ALL, Action: 'ecs:RunTask', Condition: { [operator]: { 'x:a': '1' } } };
    expect(() => decide([ALLOW_ALL, statement])).toThrow(`the condition operator ${operator}, which is not known`);
  });
});
