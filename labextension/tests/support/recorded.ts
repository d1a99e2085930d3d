// The recorded frames of the feed that the Python tests use too, and models and kernels made from them.
import delta from '../../../tests/pure/recorded_monitor/feed-delta.json?raw';
import snapshot from '../../../tests/pure/recorded_monitor/feed-snapshot.json?raw';
import { after, EMPTY } from '../../src/feed/store';
import { IDelta, IKernel, ISnapshot } from '../../src/feed/types';
import { IFront, PanelModel } from '../../src/model/model';

export const SNAPSHOT = JSON.parse(snapshot) as ISnapshot;
export const DELTA = JSON.parse(delta) as IDelta;
/** The server's clock in the recorded frames. */
export const NOW = SNAPSHOT.time;

const [starting, working, trouble, dead, idle] = Object.keys(SNAPSHOT.kernels) as [
  string,
  string,
  string,
  string,
  string
];
export const IDS = { starting, working, trouble, dead, idle };

export const KERNELS = [
  { name: 'spark-k8s', title: 'Spark on K8s' },
  { name: 'spark-local', title: 'Spark (this machine)' }
];

/** A kernel of the recorded snapshot, with changes. */
export function kernel(name: keyof typeof IDS, changes: Partial<IKernel> = {}): IKernel {
  const found = SNAPSHOT.kernels[IDS[name]];
  if (!found) {
    throw new Error(`feed-snapshot.json has no kernel ${name}`);
  }
  return { ...found, ...changes };
}

/** A notebook in front that runs a Spark kernel. */
export function front(id: string | null, changes: Partial<IFront> = {}): IFront {
  return {
    title: 'a.ipynb',
    path: changes.title ?? 'a.ipynb',
    kernel: 'spark-k8s',
    kernelTitle: 'Spark on K8s',
    id,
    starting: false,
    dead: false,
    former: null,
    busy: false,
    ...changes
  };
}

/** A connected model with the recorded snapshot, showing one of its kernels; `shown` replaces that one. */
export function model(name: keyof typeof IDS, shown: IKernel = kernel(name)): PanelModel {
  const made = new PanelModel();
  made.kernels = KERNELS;
  made.link = 'open';
  const frame = { ...SNAPSHOT, kernels: { ...SNAPSHOT.kernels, [IDS[name]]: shown } };
  made.stored = after(EMPTY, frame, Date.now() / 1000);
  made.front = front(IDS[name]);
  return made;
}
