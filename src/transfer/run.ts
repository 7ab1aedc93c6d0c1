import type { StandardStreams } from '../remote/exec';

/** Runs a program in the container, in a session of its own. @returns its exit code */
export type Run = (words: readonly string[], streams: StandardStreams, signal: AbortSignal) => Promise<number>;
