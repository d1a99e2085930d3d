// Keeps the model in step with JupyterLab: the document in front, its kernel, the kernels installed.
// Asks nothing of the server by itself; it listens to managers that exist anyway.

import { JupyterFrontEnd } from '@jupyterlab/application';
import { ISessionContext } from '@jupyterlab/apputils';
import { KernelSpec } from '@jupyterlab/services';
import { DisposableDelegate, IDisposable } from '@lumino/disposable';
import { Widget } from '@lumino/widgets';
import { ISparkKernel, PanelModel } from './model';

/** The kernelspecs of ours carry one of these provisioners; an administrator's own kernelspecs may as well. */
const PROVISIONERS = ['spark-k8s', 'spark-local'];

/** Feed `model` until disposed. */
export function follow(shell: JupyterFrontEnd.IShell, specs: KernelSpec.IManager, model: PanelModel): IDisposable {
  let front: Widget | null = null;

  const read = (): void => {
    model.kernels = sparkKernels(specs.specs);
    const session = sessionOf(front);
    const kernel = session?.session?.kernel?.name ?? null;
    model.front = front && session ? { title: front.title.label, kernel, kernelTitle: titleOf(specs, kernel) } : null;
  };
  const turn = (): void => {
    release();
    front = shell.currentWidget;
    front?.title.changed.connect(read);
    sessionOf(front)?.kernelChanged.connect(read);
    read();
  };
  const release = (): void => {
    front?.title.changed.disconnect(read);
    sessionOf(front)?.kernelChanged.disconnect(read);
  };

  specs.specsChanged.connect(read);
  shell.currentChanged?.connect(turn);
  turn();
  return new DisposableDelegate(() => {
    release();
    specs.specsChanged.disconnect(read);
    shell.currentChanged?.disconnect(turn);
  });
}

/** The session of a notebook or console, null for anything else. */
export function sessionOf(widget: Widget | null): ISessionContext | null {
  // Both have this property; asking for it instead of their classes keeps their packages out of our build.
  return (widget as { sessionContext?: ISessionContext } | null)?.sessionContext ?? null;
}

/** The kernels of ours among the installed ones, the cluster's first. */
export function sparkKernels(specs: KernelSpec.ISpecModels | null): ISparkKernel[] {
  const installed = Object.values(specs?.kernelspecs ?? {}).filter(spec => spec !== undefined);
  return PROVISIONERS.flatMap(provisioner => installed.filter(spec => provisionerOf(spec) === provisioner)).map(
    spec => ({ name: spec.name, title: spec.display_name })
  );
}

function provisionerOf(spec: KernelSpec.ISpecModel): string | undefined {
  const stanza = spec.metadata?.kernel_provisioner as { provisioner_name?: string } | undefined;
  return stanza?.provisioner_name;
}

function titleOf(specs: KernelSpec.IManager, kernel: string | null): string {
  return (kernel && specs.specs?.kernelspecs[kernel]?.display_name) || kernel || '';
}
