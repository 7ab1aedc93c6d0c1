import { hasStreams, keepAliveMs, takesTermination } from '../../../src/tunnel/agent-version';

it.each([
  ['3.3.0.0', true, undefined, true],
  ['3.1.1512.0', true, undefined, true],
  ['3.1.1511.0', true, 10_000, true],
  ['3.0.197.0', true, 10_000, true],
  ['3.0.196.0', false, 10_000, true],
  ['2.3.723.0', false, 10_000, true],
  ['2.3.722.0', false, 10_000, false],
  ['10.0.0.0', true, undefined, true],
  ['3.3.0', false, 10_000, false], // of another length: as an old one
  ['', false, 10_000, false],
])('the agent %j: streams %j, keepalive %j, termination %j', (version, streams, keepAlive, termination) => {
  expect([hasStreams(version), keepAliveMs(version), takesTermination(version)]).toEqual([
    streams,
    keepAlive,
    termination,
  ]);
});
