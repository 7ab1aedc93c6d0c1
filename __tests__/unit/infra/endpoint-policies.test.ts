import { type EndpointPoliciesProps, endpointPolicies } from '../../../src/infra/hardened/endpoint-policies';
import { namesOf } from '../../../src/infra/hardened/names';
import { evaluate } from '../../../src/local-aws/iam/evaluate';

const PROPS: EndpointPoliciesProps = {
  place: { partition: 'aws', dnsSuffix: 'amazonaws.com', region: 'eu-west-1', account: '123456789012' },
  names: namesOf('bg'),
  repositoryArn: 'arn:aws:ecr:eu-west-1:123456789012:repository/client',
  sessionsKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/sessions',
  passwordSecretArn: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:password',
};

const role = (name: string, account = '123456789012') => ({
  'aws:PrincipalArn': `arn:aws:iam::${account}:role/${name}`,
  'aws:PrincipalAccount': account,
});
const TASK = role('bg-bastion-task-role');
const PERSON = role('Engineer');
const STRANGER = role('Engineer', '999999999999');
/** A client that does not sign. */
const NOBODY = {};

const session = (id: string, region = 'eu-west-1', account = '123456789012') =>
  `arn:aws:ssm:${region}:${account}:session/${id}`;
const EXEC = session('ecs-execute-command-0123456789abcdef0');

describe('the endpoint of ssmmessages', () => {
  const decide = (action: string, resource: string, context: Readonly<Record<string, string>>) =>
    evaluate({ Version: '2012-10-17', Statement: endpointPolicies(PROPS).ssmmessages }, { action, resource, context });

  it.each(['CreateControlChannel', 'CreateDataChannel', 'OpenControlChannel', 'OpenDataChannel'])(
    'lets the task role call %s on whatever AWS asks for, and no other role do so',
    (name) => {
      expect(decide(`ssmmessages:${name}`, '*', TASK)).toBe('allowed');
      for (const other of [
        PERSON,
        STRANGER,
        NOBODY,
        role('bg-bastion-execution-role'),
        role('bg-bastion-task-role', '999999999999'),
      ]) {
        expect(decide(`ssmmessages:${name}`, '*', other)).toBe('implicitDeny');
      }
    },
  );

  it.each([
    ['people of the account open channels of ECS Exec', EXEC, PERSON, 'allowed'],
    ['and of other sessions', session('ann-0123'), PERSON, 'allowed'],
    ['not in another region', session('ann-0123', 'us-east-1'), PERSON, 'implicitDeny'],
    ["not of another account's sessions", session('ann-0123', 'eu-west-1', '999999999999'), PERSON, 'implicitDeny'],
    ['nobody of another account', EXEC, STRANGER, 'implicitDeny'],
    ['nobody who does not sign', EXEC, NOBODY, 'implicitDeny'],
  ])('%s', (_, resource, who, decision) => {
    expect(decide('ssmmessages:OpenDataChannel', resource, who)).toBe(decision);
  });

  it.each(['ssmmessages:CreateDataChannel', 'ssmmessages:OpenControlChannel', 'ssm:StartSession'])(
    'people do nothing else through it: %s',
    (action) => {
      expect(decide(action, EXEC, PERSON)).toBe('implicitDeny');
    },
  );
});

it('no other endpoint lets anybody through but the two roles', () => {
  const { ssmmessages: _, ...others } = endpointPolicies(PROPS);
  for (const { Condition } of Object.values(others).flat()) {
    expect(Condition).toEqual({ ArnEquals: { 'aws:PrincipalArn': expect.any(Array) as unknown } });
  }
});
