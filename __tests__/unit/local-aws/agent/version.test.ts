import { compareVersions } from '../../../../src/local-aws/agent/version';

describe('versions are compared as the agent compares them', () => {
  it.each([
    ['1.1.70', '1.1.70', 0],
    ['1.1.69.9', '1.1.70', -1],
    ['1.1.70.0', '1.1.70', 1],
    ['1.2.0.0', '1.2.331.0', -1],
    ['1.2.331', '1.2.331.0', -1],
    ['1.2.1000.0', '1.2.331.0', 1],
    ['', '1.1.70', -1],
  ])('%s and %s', (one, other, sign) => {
    expect(Math.sign(compareVersions(one, other))).toBe(sign);
  });
});
