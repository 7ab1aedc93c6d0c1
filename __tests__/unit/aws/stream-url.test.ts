import { EndpointError, streamAddress, StreamUrlError } from '../../../src/aws/stream-url';

const PATH = '/v1/data-channel/ecs-execute-command-0ab?role=publish_subscribe&cell-number=AAEA%2Bw%3D%3D';
const TOKYO = { region: 'ap-northeast-1', configured: [] };

describe('an address of Session Manager is taken as it is', () => {
  it.each([
    ['ap-northeast-1', 'wss://ssmmessages.ap-northeast-1.amazonaws.com'],
    ['us-east-1', 'wss://ssmmessages-fips.us-east-1.amazonaws.com'],
    ['ap-northeast-1', 'wss://ssmmessages.ap-northeast-1.api.aws'],
    ['us-gov-west-1', 'wss://ssmmessages.us-gov-west-1.amazonaws.com'],
    ['cn-north-1', 'wss://ssmmessages.cn-north-1.amazonaws.com.cn'],
    ['cn-north-1', 'wss://ssmmessages.cn-north-1.api.amazonwebservices.com.cn'],
    ['us-iso-east-1', 'wss://ssmmessages.us-iso-east-1.c2s.ic.gov'],
    ['us-isob-east-1', 'wss://ssmmessages.us-isob-east-1.sc2s.sgov.gov'],
    ['eu-isoe-west-1', 'wss://ssmmessages.eu-isoe-west-1.cloud.adc-e.uk'],
    ['us-isof-south-1', 'wss://ssmmessages.us-isof-south-1.csp.hci.ic.gov'],
    ['eusc-de-east-1', 'wss://ssmmessages.eusc-de-east-1.amazonaws.eu'],
    ['ap-northeast-9', 'wss://ssmmessages.ap-northeast-9.amazonaws.com'], // a region that opens tomorrow
    ['ap-northeast-1', 'wss://vpce-0a1b2c-3d4e5f.ssmmessages.ap-northeast-1.vpce.amazonaws.com'],
    ['ap-northeast-1', 'wss://vpce-0a1b2c-3d4e5f-ap-northeast-1a.ssmmessages.ap-northeast-1.vpce.amazonaws.com'],
  ])('in %s: %s', (region, origin) => {
    expect(streamAddress(`${origin}${PATH}`, { region, configured: [] }).href).toBe(`${origin}${PATH}`);
  });
});

describe('nothing is sent anywhere else', () => {
  it.each([
    ['without TLS', 'ws://ssmmessages.ap-northeast-1.amazonaws.com'],
    ['another port', 'wss://ssmmessages.ap-northeast-1.amazonaws.com:8443'],
    ['another region', 'wss://ssmmessages.us-east-1.amazonaws.com'],
    ['another partition', 'wss://ssmmessages.ap-northeast-1.amazonaws.com.cn'],
    ['another service', 'wss://ssm.ap-northeast-1.amazonaws.com'],
    ['a host of anybody', 'wss://example.com'],
    ['a name in front', 'wss://example.ssmmessages.ap-northeast-1.amazonaws.com'],
    ['a suffix behind', 'wss://ssmmessages.ap-northeast-1.amazonaws.com.example.com'],
    ['an endpoint’s name elsewhere', 'wss://vpce-0a1b.ssmmessages.ap-northeast-1.vpce.example.com'],
    ['an endpoint of another service', 'wss://vpce-0a1b.s3.ap-northeast-1.vpce.amazonaws.com'],
    ['a name and password', 'wss://user:secret@ssmmessages.ap-northeast-1.amazonaws.com'],
    ['an address', 'wss://127.0.0.1'],
    ['another scheme', 'https://ssmmessages.ap-northeast-1.amazonaws.com'],
    ['no address', 'ssmmessages'],
  ])('%s', (_what, origin) => {
    expect(() => streamAddress(`${origin}${PATH}`, TOKYO)).toThrow(StreamUrlError);
  });

  it('and the error shows nothing of what is no address', () => {
    expect(() => streamAddress('wss://user:secret@host?token=secret', TOKYO)).toThrow(
      /^The stream of the session is said to be at what is no address of a WebSocket, which is no address/,
    );
  });

  it('and the error shows where it should have gone, without the query', () => {
    expect(() => streamAddress(`wss://example.com${PATH}`, TOKYO)).toThrow(
      /^The stream of the session is said to be at wss:\/\/example.com, which is no address of Session Manager in ap-northeast-1$/,
    );
  });
});

describe('an endpoint of ECS or Systems Manager that is configured', () => {
  const at = (endpoint: string) => ({ region: 'ap-northeast-1', configured: [endpoint] });

  it('has its streams at its own host, on any port', () => {
    const url = `ws://127.0.0.1:4511${PATH}`;
    expect(streamAddress(url, at('http://127.0.0.1:4566')).href).toBe(url);
  });

  it.each([
    ['not at another', 'ws://127.0.0.2:4511', 'http://127.0.0.1:4566'],
    ['with TLS where it has TLS', 'ws://aws.example.com', 'https://aws.example.com'],
    ['not where it is AWS’s', 'wss://ecs.ap-northeast-1.amazonaws.com', 'https://ecs.ap-northeast-1.amazonaws.com'],
  ])('%s', (_what, origin, endpoint) => {
    expect(() => streamAddress(`${origin}${PATH}`, at(endpoint))).toThrow(StreamUrlError);
  });
});

describe('an endpoint for ssmmessages', () => {
  const VPCE = 'vpce-0a1b.ssmmessages.ap-northeast-1.vpce.amazonaws.com';

  it.each([
    [`https://${VPCE}`, `wss://${VPCE}`],
    [`https://${VPCE}/`, `wss://${VPCE}`],
    ['https://10.0.1.5:8443', 'wss://10.0.1.5:8443'],
    ['http://127.0.0.1:4511', 'ws://127.0.0.1:4511'],
    ['wss://aws.example.com', 'wss://aws.example.com'],
  ])('%s takes the place of the host that the service names', (endpoint, origin) => {
    const url = `wss://ssmmessages.ap-northeast-1.amazonaws.com${PATH}`;
    expect(streamAddress(url, { ...TOKYO, endpoint }).href).toBe(`${origin}${PATH}`);
  });

  it.each(['mailto:somebody', 'https://ssmmessages.ap-northeast-1.amazonaws.com', 'ssmmessages'])(
    'takes no place of %s, which is no address of a WebSocket',
    (streamUrl) => {
      expect(() => streamAddress(streamUrl, { ...TOKYO, endpoint: `https://${VPCE}` })).toThrow(StreamUrlError);
    },
  );

  it.each([
    ...[
      'vpce-0a1b',
      'ftp://host',
      'https://user:secret@host',
      'https://host/path',
      'https://host?x=1',
      'https://host#x',
    ],
  ])('%s is none', (endpoint) => {
    const url = `wss://ssmmessages.ap-northeast-1.amazonaws.com${PATH}`;
    expect(() => streamAddress(url, { ...TOKYO, endpoint })).toThrow(EndpointError);
  });
});
