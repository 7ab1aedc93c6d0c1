import { UserError } from '../../../src/errors';
import { allFaults, NO_FAULTS, parseFaults } from '../../../src/local-aws/faults';

describe('faults', () => {
  it('are read from JSON', () => {
    expect(parseFaults('{"startDelayMs":20000,"imagePullFailure":true}')).toEqual({
      startDelayMs: 20000,
      imagePullFailure: true,
    });
  });

  it('can all be set', () => {
    const faults = { ...NO_FAULTS, seed: 1, resumeFailure: 'timedOut', kmsKeyId: 'alias/sessions' };
    expect(parseFaults(JSON.stringify(faults))).toEqual(faults);
  });

  it('are those of the service of today, unless the older one is asked for', () => {
    const today = { minimumClientVersion: '1.2.764.0', agentVersion: '3.3.4851.0', olderService: false };
    expect(allFaults({ startDelayMs: 1 })).toMatchObject({ ...today, startDelayMs: 1, yumDelayMs: 800 });
    const before = { minimumClientVersion: '0', agentVersion: '3.3.0.0', olderService: true };
    expect(allFaults({ olderService: true })).toMatchObject(before);
    expect(allFaults({ olderService: true, agentVersion: '3.1.0.0' })).toMatchObject({
      ...before,
      agentVersion: '3.1.0.0',
    });
    expect(allFaults(allFaults({ olderService: true }))).toEqual(allFaults({ olderService: true }));
  });

  it.each([
    ['an unknown one', '{"startDelay":1}', 'There is no fault startDelay'],
    ['text in place of milliseconds', '{"startDelayMs":"soon"}', 'The fault startDelayMs cannot be "soon"'],
    ['what is no probability', '{"loss":50}', 'The fault loss cannot be 50'],
    ['a way to fail that there is not', '{"resumeFailure":"slowly"}', 'The fault resumeFailure cannot be "slowly"'],
    ['errors without words', '{"apiErrors":{"ecs:RunTask":1}}', 'The fault apiErrors cannot be {"ecs:RunTask":1}'],
    ['text for yes or no', '{"refuseConnect":"yes"}', 'The fault refuseConnect cannot be "yes"'],
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
