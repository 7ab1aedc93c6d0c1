import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareVersions } from '../../../src/local-aws/agent/version';
import { CLIENT_VERSION, OFFICIAL_CLIENT } from '../../../src/session/client-version';

const { newest, released, minimum } = OFFICIAL_CLIENT;

it('announces at least what AWS serves', () => {
  expect(compareVersions(CLIENT_VERSION, minimum)).toBeGreaterThanOrEqual(0);
});

it.each([
  ['1.1.70', 'smux'],
  ['1.2.295', 'no word about a client that is too old for separate streams'],
  ['1.2.331.0', 'smux without the agent’s keepalive'],
])('announces more than %s, so that the agent gives it %s', (threshold) => {
  expect(compareVersions(CLIENT_VERSION, threshold)).toBeGreaterThan(0);
});

it.each(['README.md', 'README.ja.md'])('%s names the same versions, with their date', (name) => {
  const readme = readFileSync(join(__dirname, '../../..', name), 'utf8');
  expect(readme).toContain(`${newest} (${released})`);
  expect(readme).toContain(minimum);
});
