import { printableLine } from '../printable';
import type { Terminal } from './terminal';

/** A cut that is mended faster than this is not worth a word. */
const QUIET_MS = 1_000;

/** Tells of lost connections on standard error, until disposal. */
export function connectionStory(
  { story }: Terminal,
  isRaw: boolean,
): { readonly onConnection: (lost: string | undefined) => void } & Disposable {
  let timer: NodeJS.Timeout | undefined;
  let told = false;
  const say = (said: string): void => {
    const text = printableLine(said);
    // In raw mode a newline does not return to the left, and the cursor may stand anywhere.
    story.write(isRaw ? `\r\n[${text}]\r\n` : `${text}\n`);
  };
  return {
    onConnection: (lost) => {
      clearTimeout(timer);
      if (lost !== undefined) {
        timer = setTimeout(() => {
          told = true;
          say(`Connection lost: ${lost}. Getting it back …${isRaw ? ' Enter ~ . leaves' : ''}`);
        }, QUIET_MS);
      } else if (told) {
        told = false;
        say('Connected again, nothing is lost');
      }
    },
    [Symbol.dispose]: () => {
      clearTimeout(timer);
    },
  };
}
