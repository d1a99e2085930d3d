// The model: which reason it gives, and that it tells of changes and of nothing else.
import { describe, expect, it } from 'vitest';
import { IFront, PanelModel, Reason } from '../src/model';

const K8S = { name: 'spark-k8s', title: 'Spark on K8s' };
const front = (kernel: string | null): IFront => ({ title: 'a.ipynb', kernel, kernelTitle: kernel ?? '' });

describe('PanelModel', () => {
  it.each<[Reason, (typeof K8S)[], IFront | null]>([
    ['not-installed', [], null],
    ['not-installed', [], front('python3')],
    ['nothing-in-front', [K8S], null],
    ['no-kernel', [K8S], front(null)],
    ['other-kernel', [K8S], front('python3')],
    ['spark-kernel', [K8S], front('spark-k8s')]
  ])('says %s', (reason, kernels, document) => {
    const model = new PanelModel();
    model.kernels = kernels;
    model.front = document;
    expect(model.reason).toBe(reason);
  });

  it('tells of a change once and not of the same value again', () => {
    const model = new PanelModel();
    let told = 0;
    model.changed.connect(() => told++);
    model.kernels = [K8S];
    model.kernels = [{ ...K8S }];
    model.front = front('python3');
    model.front = front('python3');
    expect(told).toBe(2);
  });
});
