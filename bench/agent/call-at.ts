/** A timer is late by up to so much, in ms: the rest is waited for awake. */
const TIMER_GRAIN_MS = 2;

/**
 * Calls back at a moment of `performance.now`, and not a millisecond later: what is measured may be less than that.
 * @returns what gives it up
 */
export function callAt(moment: number, call: () => void): () => void {
  const coarse = Math.floor(moment - performance.now()) - TIMER_GRAIN_MS;
  if (coarse > 0) {
    const timer = setTimeout(() => {
      cancel = callAt(moment, call);
    }, coarse);
    let cancel = (): void => {
      clearTimeout(timer);
    };
    return () => {
      cancel();
    };
  }
  let turn = setImmediate(look);
  function look(): void {
    if (performance.now() >= moment) call();
    else turn = setImmediate(look);
  }
  return () => {
    clearImmediate(turn);
  };
}
