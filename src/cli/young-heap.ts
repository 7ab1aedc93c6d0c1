import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the part of the heap for young objects as small as it is when this is called, 1 to 2 MB. V8 doubles it up to
 * 16 MB when objects outlive a collection, and the pieces of a transfer do, though none lives long: 50 MB more for
 * nothing, since they go through as fast without. A flag of the process itself, because `npx`, `npm`, the AWS CLI and
 * Windows each have another way of starting it, and a first line with arguments is not understood everywhere.
 */
export function keepYoungHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
