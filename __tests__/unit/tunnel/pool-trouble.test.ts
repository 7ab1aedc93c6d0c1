import type { PoolEvent } from '../../../src/tunnel/pool-options';
import { Trouble } from '../../../src/tunnel/pool-trouble';

it('the same failure is told once, though AWS names another session each time', () => {
  const told: PoolEvent[] = [];
  const trouble = new Trouble((event) => told.push(event));
  const denied = (id: string): Error =>
    new Error(`not authorized to perform: x on resource: arn:aws:ssm:r:1:session/${id} because`);
  for (const id of ['ann-0a1', 'ann-0b2', 'ann-0c3']) trouble.failed(denied(id));
  trouble.failed(new Error('another'));
  expect(told.map((event) => (event.kind === 'failed' ? event.error.message : event.kind))).toEqual([
    denied('ann-0a1').message,
    'another',
  ]);
});
