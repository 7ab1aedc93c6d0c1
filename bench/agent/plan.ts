/** What a connection to the fake agent is for. It travels in the URL, so that every client can ask for it. */
export interface Plan {
  /** `port`: a Port session of the local AWS's agent. */
  readonly task: 'download' | 'upload' | 'echo' | 'port';
  /** `session`: the frames of a data channel. `bare`: the payloads alone. */
  readonly protocol: 'session' | 'bare';
  /** Each way, in ms. */
  readonly delayMs: number;
  /** Of the whole transfer. */
  readonly bytes: number;
  /** After each output frame, in ms; 0 is as fast as the socket takes them. */
  readonly pauseMs: number;
  /** Where a Port session leads, on 127.0.0.1. */
  readonly port: number;
}

const PARAMETER = 'plan';

export function planUrl(port: number, plan: Plan): string {
  const url = new URL(`ws://127.0.0.1:${port}/v1/data-channel/bench`);
  url.searchParams.set(PARAMETER, JSON.stringify(plan));
  return url.href;
}

/** The other direction of `planUrl`, from the path that the server sees. */
export function planOf(path: string): Plan {
  const text = new URL(path, 'ws://127.0.0.1').searchParams.get(PARAMETER);
  if (text === null) throw new Error(`there is no ${PARAMETER} in ${path}`);
  return JSON.parse(text) as Plan;
}
