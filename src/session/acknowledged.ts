import type { Message } from './message';

/** As long as acknowledgements may be on their way, in ms. */
const RECENT_MS = 3_000;
/** What the agent sends in a second at its fastest; each takes a quarter of a kilobyte to say again. */
const MOST_FRAMES = 10_000;
const NOTHING = Buffer.alloc(0);

/**
 * The latest frames that were acknowledged. A connection that is lost takes acknowledgements along, and the agent sends
 * only its oldest frame again, ten times in a second: of thousands that have arrived long since nothing new would come
 * for minutes.
 */
export class Acknowledged {
  private frames: { readonly frame: Message; readonly at: number }[] = [];

  add(frame: Message, now: number): void {
    this.frames.push({ frame: { ...frame, payload: NOTHING }, at: now });
    if (this.frames.length >= 2 * MOST_FRAMES) this.frames = this.frames.slice(-MOST_FRAMES);
  }

  /** Those whose acknowledgement may not have arrived when the last one was sent. */
  get recent(): readonly Message[] {
    const since = (this.frames.at(-1)?.at ?? 0) - RECENT_MS;
    return this.frames
      .slice(-MOST_FRAMES)
      .filter(({ at }) => at >= since)
      .map(({ frame }) => frame);
  }
}
