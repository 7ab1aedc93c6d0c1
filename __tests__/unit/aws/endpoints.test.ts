import { channelEndpoint, configuredEndpoints } from '../../../src/aws/endpoints';

const HERE = {
  AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
  AWS_ENDPOINT_URL_SSM: '',
  AWS_ENDPOINT_URL_SSMMESSAGES: 'http://x',
};
const IGNORED = { ...HERE, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' };
const client = { serviceConfiguredEndpoint: () => Promise.resolve('https://aws.example.com') };

it('are those of the client and of the variables that are not empty', async () => {
  expect(await configuredEndpoints(client, HERE)).toEqual(['https://aws.example.com', 'http://127.0.0.1:1']);
});

it('are none where the SDK is told to ignore them', async () => {
  expect(await configuredEndpoints(client, IGNORED)).toEqual([]);
  expect(channelEndpoint({}, IGNORED)).toBeUndefined();
});

it('are overruled by the option', () => {
  expect(channelEndpoint({}, HERE)).toBe('http://x');
  expect(channelEndpoint({ channelEndpoint: 'https://y' }, IGNORED)).toBe('https://y');
});
