// Following JupyterLab: from a document in front, its kernel and the installed kernelspecs to the model.
import { ISessionContext } from '@jupyterlab/apputils';
import { JupyterFrontEnd } from '@jupyterlab/application';
import { KernelSpec } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';
import { beforeEach, describe, expect, it } from 'vitest';
import { follow, IFollowing, ISources, sparkKernels } from '../src/jupyter/follow';
import { PanelModel } from '../src/model/model';

const spec = (name: string, display_name: string, provisioner?: string): KernelSpec.ISpecModel => ({
  name,
  display_name,
  language: 'python',
  argv: [],
  resources: {},
  metadata: provisioner ? { kernel_provisioner: { provisioner_name: provisioner } } : {}
});

const SPECS: KernelSpec.ISpecModels = {
  default: 'python3',
  kernelspecs: {
    python3: spec('python3', 'Python 3'),
    'spark-local': spec('spark-local', 'Spark (this machine)', 'spark-local'),
    'spark-k8s': spec('spark-k8s', 'Spark on K8s', 'spark-k8s')
  }
};

/** A widget with a session, as a notebook has one; only what `follow` reads. */
class Notebook extends Widget {
  readonly kernelChanged = new Signal<this, void>(this);
  readonly statusChanged = new Signal<this, void>(this);
  kernel: string | null = 'python3';
  /** The name of a kernel that is on its way. */
  coming: string | null = null;
  status = 'idle';
  prevKernelName = '';

  get sessionContext(): ISessionContext {
    const { kernel, status } = this;
    const session = { kernel: kernel === null ? null : { name: kernel, id: `id of ${kernel}`, status } };
    const known = SPECS.kernelspecs[this.kernel ?? '']?.display_name;
    const { kernelChanged, statusChanged } = this;
    const kernelDisplayName = this.coming ?? known ?? 'No Kernel';
    const [path, name] = ['sky/5a2f', 'gaia.ipynb'];
    const { prevKernelName } = this;
    return {
      session,
      path,
      name,
      prevKernelName,
      kernelChanged,
      statusChanged,
      kernelDisplayName
    } as unknown as ISessionContext;
  }
}

class Shell {
  readonly currentChanged = new Signal<this, void>(this);
  currentWidget: Widget | null = null;
  readonly all: Widget[] = [];

  widgets(): IterableIterator<Widget> {
    return this.all.values();
  }

  show(widget: Widget | null): void {
    this.currentWidget = widget;
    this.currentChanged.emit();
  }
}

class Specs {
  readonly specsChanged = new Signal<this, void>(this);
  specs: KernelSpec.ISpecModels | null = SPECS;
}

class Sessions {
  readonly runningChanged = new Signal<this, void>(this);
  models: object[] = [];
  running(): IterableIterator<object> {
    return this.models.values();
  }
}

class Kernels {
  models: object[] = [];
  running(): IterableIterator<object> {
    return this.models.values();
  }
}

describe('follow', () => {
  let shell: Shell;
  let specs: Specs;
  let sessions: Sessions;
  let kernels: Kernels;
  let model: PanelModel;
  const start = (): IFollowing =>
    follow(
      shell as unknown as JupyterFrontEnd.IShell,
      { kernelspecs: specs, sessions, kernels } as unknown as ISources,
      model
    );
  const notebook = (): Notebook => {
    const made = new Notebook();
    made.title.label = 'gaia.ipynb';
    return made;
  };

  beforeEach(() => {
    shell = new Shell();
    specs = new Specs();
    sessions = new Sessions();
    kernels = new Kernels();
    model = new PanelModel();
  });

  it('sees the notebook that is there already, its kernel changing and its new name', () => {
    const document = notebook();
    shell.currentWidget = document;
    const following = start();
    expect(model.front).toEqual({
      title: 'gaia.ipynb',
      path: 'sky/gaia.ipynb',
      kernel: 'python3',
      kernelTitle: 'Python 3',
      id: 'id of python3',
      starting: false,
      dead: false,
      former: null,
      busy: false
    });
    document.kernel = 'spark-k8s';
    document.kernelChanged.emit();
    expect(model.front).toMatchObject({ kernel: 'spark-k8s', id: 'id of spark-k8s' });
    expect(following.session).toMatchObject({ kernelDisplayName: 'Spark on K8s' });
    document.title.label = 'dr3.ipynb';
    expect(model.front?.title).toBe('dr3.ipynb');
  });

  it.each([null, 'python3'])('sees that a Spark kernel is on its way, after %s', former => {
    const document = notebook();
    shell.currentWidget = document;
    start();
    document.kernel = former;
    document.coming = 'Spark on K8s';
    document.statusChanged.emit();
    expect(model.front).toMatchObject({ kernel: null, kernelTitle: 'Spark on K8s', id: null, starting: true });
    document.coming = 'Python 3';
    document.statusChanged.emit();
    expect(model.front?.starting).toBe(false);
  });

  it.each([
    ['spark-k8s', 'Spark on K8s'],
    ['python3', null],
    ['', null]
  ])('knows that its kernel, %s, is gone', (prevKernelName, former) => {
    const document = notebook();
    document.kernel = null;
    document.prevKernelName = prevKernelName;
    shell.currentWidget = document;
    start();
    expect(model.front?.former).toBe(former);
    document.kernel = 'spark-k8s';
    document.kernelChanged.emit();
    expect(model.front?.former).toBeNull();
  });

  it('turns to the notebook that comes in front and leaves the former alone', () => {
    start();
    expect(model.front).toBeNull();
    const first = notebook();
    shell.show(first);
    expect(model.front?.title).toBe('gaia.ipynb');
    const second = notebook();
    second.title.label = 'b.ipynb';
    shell.show(second);
    first.title.label = 'gone.ipynb';
    expect(model.front?.title).toBe('b.ipynb');
  });

  it('stays with the notebook while a tab without a kernel is in front, until it is closed', () => {
    start();
    const document = notebook();
    shell.show(document);
    shell.show(new Widget());
    expect(model.front?.title).toBe('gaia.ipynb');
    document.dispose();
    expect(model.front).toBeNull();
  });

  it('learns of kernels that are installed later', () => {
    specs.specs = null;
    start();
    expect([model.kernels, model.view]).toEqual([[], { kind: 'nothing', reason: 'connecting' }]);
    specs.specs = SPECS;
    specs.specsChanged.emit();
    expect(model.kernels).toHaveLength(2);
  });

  it('sees that its kernel is busy, and dead', () => {
    const document = notebook();
    shell.currentWidget = document;
    start();
    document.status = 'busy';
    document.statusChanged.emit();
    expect([model.front?.dead, model.front?.busy]).toEqual([false, true]);
    document.status = 'dead';
    document.statusChanged.emit();
    expect([model.front?.dead, model.front?.busy]).toEqual([true, false]);
  });

  it('knows of a kernel whose notebook is not in front whether it is busy', () => {
    const other = notebook();
    shell.all.push(other);
    start();
    expect(model.isBusy('id of python3')).toBe(false);
    other.status = 'busy';
    expect(model.isBusy('id of python3')).toBe(true);
    kernels.models = [
      { id: 'elsewhere', execution_state: 'busy' },
      { id: 'id of python3', execution_state: 'idle' } // which is older than what its notebook has heard
    ];
    expect(['elsewhere', 'id of python3', 'gone'].map(model.isBusy)).toEqual([true, true, false]);
  });

  it('learns what the notebooks of all kernels are called, and when one gets another name', () => {
    const session = { kernel: { id: 'k' }, path: 'sky/Untitled.ipynb', name: 'Untitled.ipynb' };
    sessions.models = [
      session,
      { kernel: null, path: 'b.ipynb', name: '' },
      { ...session, kernel: { id: 'l' }, name: '' },
      { kernel: { id: 'm' }, path: 'console-1-5a2f', name: 'Console 1' }
    ];
    start();
    const place = { name: 'Untitled.ipynb', path: 'sky/Untitled.ipynb' };
    expect(model.places).toEqual({ k: place, l: place, m: { name: 'Console 1', path: 'Console 1' } });
    session.name = 'gaia.ipynb';
    sessions.runningChanged.emit();
    expect(model.places.k?.name).toBe('gaia.ipynb');
  });

  it('ends with its disposal', () => {
    start().dispose();
    shell.show(notebook());
    expect(model.front).toBeNull();
  });
});

describe('sparkKernels', () => {
  it('offers the kernels of our provisioners alone, the cluster first', () => {
    expect(sparkKernels(SPECS).map(kernel => kernel.name)).toEqual(['spark-k8s', 'spark-local']);
  });
});
