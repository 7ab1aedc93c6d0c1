import { UserError } from '../../../src/errors';
import { parseFaults } from '../../../src/local-aws/faults';

describe('faults', () => {
  it('are read from JSON', () => {
    expect(parseFaults('{"startDelayMs":20000,"imagePullFailure":true}')).toEqual({
      startDelayMs: 20000,
      imagePullFailure: true,
    });
  });

  it.each([
    ['an unknown one', '{"startDelay":1}', 'There is no fault startDelay'],
    ['text in place of milliseconds', '{"startDelayMs":"soon"}', 'The fault startDelayMs cannot be "soon"'],
    ['what is no probability', '{"loss":50}', 'The fault loss cannot be 50'],
    ['what is no JSON', 'startDelayMs=1', 'The faults are not JSON'],
    ['a list', '[]', 'Faults are an object'],
  ])('refuse %s and say what to write', (_, json, message) => {
    expect(() => parseFaults(json)).toThrow(message);
    try {
      parseFaults(json);
    } catch (error) {
      expect(error).toBeInstanceOf(UserError);
      expect((error as UserError).remedy).not.toBe('');
    }
  });
});
