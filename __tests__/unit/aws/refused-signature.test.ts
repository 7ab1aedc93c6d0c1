import { awsCall, AwsCallError } from '../../../src/aws/errors';

it.each(['InvalidSignatureException', 'SignatureDoesNotMatch'])(
  '%s: says what is wrong with the key, or the clock',
  async (name) => {
    const refused = Object.assign(new Error('does not match'), { name, $metadata: {} });
    const told: unknown = await awsCall('ecs:ListTasks', () => Promise.reject(refused)).catch(
      (error: unknown) => error,
    );
    expect(told).toBeInstanceOf(AwsCallError);
    const { message, remedy } = told as AwsCallError;
    expect([message, remedy]).toEqual([
      'AWS refused the signature of ecs:ListTasks (does not match)',
      'Check the secret access key, and the clock of this machine',
    ]);
  },
);
