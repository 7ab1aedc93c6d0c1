/** A function that does its work at the first call and remembers the outcome, a failure too. */
export function once<T>(work: () => Promise<T>): () => Promise<T> {
  let outcome: Promise<T> | undefined;
  return () => (outcome ??= work());
}

/** The same for each key. */
export function oncePer<T>(work: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const outcomes = new Map<string, Promise<T>>();
  return (key) => {
    const outcome = outcomes.get(key) ?? work(key);
    outcomes.set(key, outcome);
    return outcome;
  };
}
