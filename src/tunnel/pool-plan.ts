/** A session of a pool, as far as it matters for what is to be done. Moments are in ms since 1970. */
export interface Planned {
  /** Takes no new connections any more. */
  readonly isDraining: boolean;
  /** From when on it is to be replaced; it is used until another is there. */
  readonly dueAt: number;
  /** From when on it cannot be used, for its connection to the service is away; Infinity while it is there. */
  readonly missingAt: number;
}

export interface Plan<Session> {
  /** May take new connections. */
  readonly usable: readonly Session[];
  readonly toDrain: readonly Session[];
  /** How many more to begin to open. */
  readonly toOpen: number;
  /** Nothing is missed. */
  readonly isComplete: boolean;
  /** When something is due without any event. */
  readonly nextAt: number;
}

/**
 * What a pool of `size` sessions does. One that is due, or away, is given up when there are enough others and not
 * before: until then it is used, or has the time to come back.
 * @param opening how many are being opened
 */
export function plan<Session extends Planned>(
  sessions: readonly Session[],
  { size, opening }: { readonly size: number; readonly opening: number },
  now: number,
): Plan<Session> {
  const candidates = sessions.filter(({ isDraining }) => !isDraining).toSorted((one, other) => other.dueAt - one.dueAt);
  const here = candidates.filter(({ missingAt }) => missingAt > now);
  // Those that last longest come first, so what is due comes last.
  const usable = here.slice(0, size);
  const fresh = usable.filter(({ dueAt }) => dueAt > now).length;
  const away = candidates.filter(({ missingAt }) => missingAt <= now);
  return {
    usable,
    toDrain: [...here.slice(size), ...(fresh >= size ? away : [])],
    isComplete: fresh >= size,
    toOpen: Math.max(0, size - fresh - opening),
    nextAt: Math.min(...here.flatMap(({ dueAt, missingAt }) => [dueAt, missingAt]).filter((moment) => moment > now)),
  };
}
