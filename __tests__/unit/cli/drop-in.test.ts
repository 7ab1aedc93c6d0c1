import { parseDropIn } from '../../../src/cli/drop-in/arguments';

const RESPONSE = JSON.stringify({ SessionId: 's', TokenValue: 'a secret', StreamUrl: 'wss://example.test' });
const TICKET = { sessionId: 's', tokenValue: 'a secret', streamUrl: 'wss://example.test' };

it('reads the arguments as the AWS CLI gives them', () => {
  const argv = [RESPONSE, 'ap-northeast-1', 'StartSession', 'work', '{"Target":"ecs:a_b_c"}', 'https://ssm.test'];
  expect(parseDropIn(argv, {})).toEqual({
    kind: 'session',
    ticket: TICKET,
    region: 'ap-northeast-1',
    profile: 'work',
    target: 'ecs:a_b_c',
    accept: ['shell'],
    namedEndpoint: 'https://ssm.test',
  });
});

it('reads the response of ECS too, whose keys are written in another way', () => {
  const response = JSON.stringify({ sessionId: 's', tokenValue: 'a secret', streamUrl: 'wss://example.test' });
  expect(parseDropIn([response, 'r', 'StartSession'], {})).toMatchObject({ ticket: TICKET });
});

it('does with the first three, and with empty ones', () => {
  const absent = { profile: undefined, target: '', namedEndpoint: undefined };
  const session = { kind: 'session', ticket: TICKET, region: 'r', accept: ['shell', 'port'], ...absent };
  expect(parseDropIn([RESPONSE, 'r', 'StartSession'], {})).toEqual(session);
  expect(parseDropIn([RESPONSE, 'r', 'StartSession', '', '', ''], {})).toEqual(session);
});

it.each([
  ['AWS-StartPortForwardingSession', ['port']],
  ['AWS-StartPortForwardingSessionToRemoteHost', ['port']],
  ['AWS-StartSSHSession', ['port']],
  ['AWS-StartInteractiveCommand', ['shell', 'port']],
  ['our-own-document', ['shell', 'port']],
  ['', ['shell']],
])('of the document %j it knows what the session may be', (DocumentName, accept) => {
  const request = JSON.stringify({ Target: 'ecs:a_b_c', DocumentName });
  expect(parseDropIn([RESPONSE, 'r', 'StartSession', '', request], {})).toMatchObject({ target: 'ecs:a_b_c', accept });
});

it.each(['AWS_SSM_START_SESSION_RESPONSE', 'AWS_SSM_START_SESSION_RESPONSE_1a2b'])(
  'takes the response out of the variable %s',
  (name) => {
    expect(parseDropIn([name, 'r', 'StartSession'], { [name]: RESPONSE })).toMatchObject({ ticket: TICKET });
  },
);

it.each([
  [['{', 'r', 'StartSession'], /response of StartSession is not JSON/],
  [['{"TokenValue":"a secret"}', 'r', 'StartSession'], /has no SessionId, TokenValue and StreamUrl/],
  [['AWS_SSM_START_SESSION_RESPONSE', 'r', 'StartSession'], /is not JSON/],
  [[RESPONSE, 'r', 'StartSession', '', 'no JSON'], /request of StartSession is not JSON/],
  [[RESPONSE, 'r', 'StopSession'], /There is no operation "StopSession"/],
  [[RESPONSE], /region and an operation are missing/],
])('refuses %j, and shows no secret', (argv, message) => {
  expect(() => parseDropIn(argv, {})).toThrow(message);
  expect(() => parseDropIn(argv, {})).not.toThrow(/a secret/);
});

it('is asked for its version, or for nothing', () => {
  expect(parseDropIn(['--version'], {})).toEqual({ kind: 'version' });
  expect(parseDropIn([], {})).toEqual({ kind: 'about' });
});
