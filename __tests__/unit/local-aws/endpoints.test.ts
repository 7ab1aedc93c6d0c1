import { answersCalls, endpointsOf, endpointVariables, LISTENERS } from '../../../src/local-aws/endpoints';

it.each([
  ['general', ['sts', 'kms', 'rds', '']],
  ['ecs', ['ecs']],
  ['ssm', ['ssm']],
  ['ssmmessages', []],
] as const)('%s answers calls to %j alone', (listener, services) => {
  const all = ['sts', 'kms', 'rds', '', 'ecs', 'ssm', 'ssmmessages'];
  expect(all.filter((service) => answersCalls(listener, service))).toEqual(services);
});

it('each is told by the variable that the SDKs read', () => {
  const ports = { general: 1, ecs: 2, ssm: 3, ssmmessages: 4 };
  expect(LISTENERS).toEqual(Object.keys(ports));
  expect(endpointVariables(endpointsOf((listener) => ports[listener]))).toEqual({
    AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
    AWS_ENDPOINT_URL_ECS: 'http://127.0.0.1:2',
    AWS_ENDPOINT_URL_SSM: 'http://127.0.0.1:3',
  });
});
