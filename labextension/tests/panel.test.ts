// The panel in a DOM: what it says for each reason, its ways out, its names for screen readers.
import { nullTranslator } from '@jupyterlab/translation';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PanelModel } from '../src/model';
import { SparkPanel } from '../src/panel';
import { IAction } from '../src/texts';

const KERNELS = [
  { name: 'spark-k8s', title: 'Spark on K8s' },
  { name: 'spark-local', title: 'Spark (this machine)' }
];

describe('SparkPanel', () => {
  let model: PanelModel;
  let panel: SparkPanel;
  let performed: IAction[];
  /** Lumino draws with the next frame, React with the next task. */
  const drawn = async (): Promise<string> => {
    MessageLoop.flush();
    await panel.renderPromise;
    await new Promise(resolve => setTimeout(resolve, 20));
    return panel.node.textContent;
  };
  const buttons = (): HTMLButtonElement[] => [...panel.node.querySelectorAll('button')];

  beforeEach(() => {
    model = new PanelModel();
    performed = [];
    const trans = nullTranslator.load('jupyter_sparkk8s');
    panel = new SparkPanel({ model, trans, perform: action => performed.push(action) });
    Widget.attach(panel, document.body);
  });

  afterEach(() => {
    panel.dispose();
  });

  it('is named', async () => {
    await drawn();
    expect(panel.title.caption).toBe('Spark');
    expect(panel.node.getAttribute('role')).toBe('region');
    expect(panel.node.getAttribute('aria-label')).toBe('Spark');
    expect(panel.node.querySelector('h2')?.textContent).toBe('Spark');
  });

  it('names the notebook, its kernel and the kernels to choose, and changes the kernel', async () => {
    model.kernels = KERNELS;
    model.front = { title: 'notes.ipynb', kernel: 'python3', kernelTitle: 'Python 3' };
    expect(await drawn()).toContain(
      'No Spark kernel yet“notes.ipynb” runs Python 3. Choose the kernel “Spark on K8s” or “Spark (this machine)” to get'
    );
    buttons()[0]?.click();
    expect(performed.map(action => action.does)).toEqual([{ kind: 'change-kernel' }]);
  });

  it('offers a new notebook with each kernel where nothing is in front', async () => {
    model.kernels = KERNELS;
    await drawn();
    expect(buttons().map(button => button.textContent)).toEqual(['Spark on K8s', 'Spark (this machine)']);
    buttons()[1]?.click();
    expect(performed[0]?.does).toEqual({ kind: 'new-notebook', kernel: 'spark-local' });
  });

  it('follows the model until it is disposed', async () => {
    model.kernels = KERNELS;
    model.front = { title: 'a.ipynb', kernel: null, kernelTitle: '' };
    expect(await drawn()).toContain('“a.ipynb” has no kernel.');
    model.front = { title: 'a.ipynb', kernel: 'spark-k8s', kernelTitle: 'Spark on K8s' };
    expect(await drawn()).toContain('“a.ipynb” runs the kernel “Spark on K8s”.');
    expect(buttons()).toEqual([]);
    const update = vi.spyOn(panel, 'update');
    panel.dispose();
    model.front = null;
    expect(update).not.toHaveBeenCalled();
  });

  it('says whom to ask where the kernels are not offered', async () => {
    expect(await drawn()).toContain('Ask your administrator');
  });

  it('shows a name that looks like markup as text', async () => {
    model.kernels = KERNELS;
    model.front = { title: '<img src=x>.ipynb', kernel: null, kernelTitle: '' };
    expect(await drawn()).toContain('<img src=x>.ipynb');
    expect(panel.node.querySelector('img')).toBeNull();
  });
});
