import { once } from 'node:events';
import { Text } from '../../../src/cli/quiet-exec';

it('what is read whole has 4 MiB at most', async () => {
  const text = new Text();
  text.write(Buffer.alloc(4 * 1024 * 1024, 'x'));
  expect(text.text).toHaveLength(4 * 1024 * 1024);
  const failed = once(text, 'error');
  text.write(Buffer.from('x'));
  expect(String((await failed)[0])).toContain('The container answers without end');
});
