import { setTimeout as sleep } from 'node:timers/promises';
import { chunks, content, MARK, SETTLE_MS } from '../content';
import type { Link } from './link';
import type { Plan } from './plan';
import type { Wire } from './wire';

/** Frames without an acknowledgement; above it the agent waits. */
const WINDOW = 1000;

/** Does what the plan says, until it is done or the client has gone. Every task begins with the mark. */
export async function perform(plan: Plan, wire: Wire, link: Link): Promise<void> {
  switch (plan.task) {
    case 'download':
      await download(plan, wire, link);
      break;
    case 'upload':
      upload(plan, wire);
      break;
    case 'echo':
      wire.onInput = (payload) => {
        wire.send(wire.frame(payload));
      };
      mark(wire);
      break;
    case 'port':
      break; // `servePort`
  }
}

function mark(wire: Wire): void {
  wire.send(wire.frame(Buffer.of(MARK)));
}

async function download({ bytes, pauseMs }: Plan, wire: Wire, link: Link): Promise<void> {
  mark(wire);
  const frames = chunks(content(bytes)).map((payload) => wire.frame(payload));
  await sleep(SETTLE_MS);
  let wake: () => void = () => undefined;
  const wakeUp = (): void => {
    wake();
  };
  wire.onAcknowledged = wakeUp;
  link.onTaken = wakeUp;
  for (const frame of frames) {
    while (link.isOpen && !(link.takesMore && wire.unacknowledged < WINDOW)) {
      await new Promise<void>((resolve) => (wake = resolve));
    }
    if (!link.isOpen) return;
    wire.send(frame);
    if (pauseMs > 0) await sleep(pauseMs);
  }
}

/** Answers with the seconds from the first to the last input. */
function upload({ bytes }: Plan, wire: Wire): void {
  const expected = content(bytes);
  let position = 0;
  let startedAt = 0;
  wire.onInput = (payload) => {
    if (position === 0) startedAt = performance.now();
    const isRight = payload.equals(expected.subarray(position, position + payload.length));
    position += payload.length;
    if (!isRight) wire.send(wire.frame(Buffer.from('wrong\n')));
    else if (position === bytes) wire.send(wire.frame(Buffer.from(`${(performance.now() - startedAt) / 1000}\n`)));
  };
  mark(wire);
}
