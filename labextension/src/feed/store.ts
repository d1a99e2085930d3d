// What the feed has said so far: the snapshot with all deltas on it, and how far the server's clock is from ours.

import { patched } from './delta';
import { IDelta, IKernel, IServer, ISnapshot } from './types';

/** The version of the feed's schema that this panel was made for. */
export const VERSION: ISnapshot['version'] = 1;

export type Kernels = Readonly<Record<string, IKernel>>;

export interface IStored {
  /** Null until a snapshot of a version that we know has come. */
  readonly kernels: Kernels | null;
  readonly server: IServer | null;
  /** The version of the feed's schema that the server speaks, where it is not ours. */
  readonly otherVersion: number | null;
  /** Seconds to add to this machine's clock to have the server's. */
  readonly offset: number;
}

export const EMPTY: IStored = { kernels: null, server: null, otherVersion: null, offset: 0 };

/** `stored` after one more frame, which came at `now` (seconds of this machine's clock). Unknown frames change nothing. */
export function after(stored: IStored, frame: unknown, now: number): IStored {
  const message = frame as ISnapshot | IDelta;
  if (message.type === 'snapshot') {
    const { version, kernels, server, time } = message as Omit<ISnapshot, 'version'> & { version: number };
    const known = version === VERSION;
    return {
      kernels: known ? kernels : null,
      server,
      otherVersion: known ? null : version,
      offset: time - now
    };
  }
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- a newer server may send what we don't know
  if (message.type !== 'delta' || !stored.kernels) {
    return stored;
  }
  return { ...stored, kernels: patched(stored.kernels, message.kernels) };
}
