import { missingRight } from '../../../src/aws/errors';

const denied = (action: string, resource: string): string =>
  `User: arn:aws:iam::123456789012:user/ann is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows it`;
const SESSIONS = 'arn:aws:ssm:ap-northeast-1:123456789012:session';

it.each([
  ['ssmmessages:OpenDataChannel', `${SESSIONS}/ecs-execute-command-0ab1`, `${SESSIONS}/ecs-execute-command-*`],
  ['ssm:ResumeSession', `${SESSIONS}/ann-0ab1`, `${SESSIONS}/*`],
  ['ecs:ExecuteCommand', 'arn:aws:ecs:a:1:cluster/c', 'arn:aws:ecs:a:1:cluster/c'],
  ['iam:PassRole', 'arn:aws:iam::1:role/session/x', 'arn:aws:iam::1:role/session/x'],
])('the statement for %s on %s is of use for the next session too', (action, resource, wanted) => {
  expect(missingRight(action, denied(action, resource))).toContain(
    JSON.stringify({ Effect: 'Allow', Action: action, Resource: wanted }),
  );
});
