import { versionRefusal } from '../../../../src/local-aws/agent/client-version';

const MINIMUM = '1.2.764.0';
const words = (version: string): string => `ClientVersion ${version} is not supported: the minimum is 1.2.764.0`;

it.each<[version: string | undefined, refusal: string | undefined]>([
  ['1.2.764.0', undefined],
  ['1.2.896.0', undefined],
  ['1.3.0.0', undefined],
  ['10.0.0.0', undefined],
  ['1.2.763.9', words('1.2.763.9')],
  ['1.2.0.0', words('1.2.0.0')],
  ['1.2.764', words('1.2.764')],
  ['1.2.x.0', words('(no version)')],
  ['', words('(no version)')],
  ['9'.repeat(200), undefined],
  [`0.${'9'.repeat(200)}`, words(`0.${'9'.repeat(200)}`).slice(0, 123)],
  [undefined, words('(none)')],
])('%s', (version, refusal) => {
  expect(versionRefusal(version, MINIMUM)).toBe(refusal);
});
