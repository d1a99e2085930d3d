// Keeps the model in step with JupyterLab: the document in front, its kernel, the kernels installed.
// Asks nothing of the server by itself; it listens to managers that exist anyway.

import { JupyterFrontEnd } from '@jupyterlab/application';
import { ISessionContext } from '@jupyterlab/apputils';
import { Kernel, KernelSpec, Session } from '@jupyterlab/services';
import { DisposableDelegate, IDisposable } from '@lumino/disposable';
import { Widget } from '@lumino/widgets';
import { IFront, IPlace, ISparkKernel, PanelModel } from '../model/model';

/** The kernelspecs of ours carry one of these provisioners; an administrator's own kernelspecs may as well. */
const PROVISIONERS = ['spark-k8s', 'spark-local'];

/** Keeps a model in step until disposed. */
export interface IFollowing extends IDisposable {
  /** The session of the notebook or console in front; null where there is none. */
  readonly session: ISessionContext | null;
}

/** What is listened to; a service manager has them. */
export interface ISources {
  readonly kernelspecs: KernelSpec.IManager;
  readonly sessions: Session.IManager;
  readonly kernels: Kernel.IManager;
}

/** Feed `model`. A tab without a kernel in front, such as the Spark UI, leaves the notebook before it in place. */
export function follow(shell: JupyterFrontEnd.IShell, sources: ISources, model: PanelModel): IFollowing {
  const { kernelspecs: specs, sessions, kernels } = sources;
  let front: Widget | null = null;

  const read = (): void => {
    if (specs.specs) {
      model.kernels = sparkKernels(specs.specs);
    }
    const session = sessionOf(front);
    model.front = front && session ? frontOf(front, session, specs) : null;
  };
  const turn = (): void => {
    const current = shell.currentWidget;
    const keeps = front && !front.isDisposed && !sessionOf(current);
    if (!keeps) {
      release();
      front = sessionOf(current) ? current : null;
      front?.title.changed.connect(read);
      front?.disposed.connect(turn);
      sessionOf(front)?.kernelChanged.connect(read);
      sessionOf(front)?.statusChanged.connect(read);
    }
    read();
  };
  const name = (): void => {
    model.places = placesOf(sessions.running());
  };
  const release = (): void => {
    front?.title.changed.disconnect(read);
    front?.disposed.disconnect(turn);
    sessionOf(front)?.kernelChanged.disconnect(read);
    sessionOf(front)?.statusChanged.disconnect(read);
  };

  // What is open here hears of it at once; of the others JupyterLab asks now and then.
  model.isBusy = id => {
    const open = [...shell.widgets('main')].map(widget => sessionOf(widget)?.session?.kernel);
    const status = open.find(kernel => kernel?.id === id)?.status;
    return (status ?? [...kernels.running()].find(kernel => kernel.id === id)?.execution_state) === 'busy';
  };
  specs.specsChanged.connect(read);
  sessions.runningChanged.connect(name);
  shell.currentChanged?.connect(turn);
  turn();
  name();
  const end = new DisposableDelegate(() => {
    release();
    specs.specsChanged.disconnect(read);
    sessions.runningChanged.disconnect(name);
    shell.currentChanged?.disconnect(turn);
  });
  return {
    get session() {
      return sessionOf(front);
    },
    get isDisposed() {
      return end.isDisposed;
    },
    dispose: () => {
      end.dispose();
    }
  };
}

/** What the model is told of a notebook or console. */
export function frontOf(widget: Widget, session: ISessionContext, specs: KernelSpec.IManager): IFront {
  const kernel = session.session?.kernel ?? null;
  const title = specs.specs?.kernelspecs[kernel?.name ?? '']?.display_name ?? kernel?.name ?? '';
  // While a kernel is on its way JupyterLab gives its name alone, and keeps the former kernel, if there was one.
  const coming = session.kernelDisplayName;
  const former = kernel ? undefined : sparkKernels(specs.specs).find(known => known.name === session.prevKernelName);
  const starting = coming !== title && sparkKernels(specs.specs).some(known => known.title === coming);
  return {
    title: widget.title.label,
    path: placeOf(session),
    kernel: starting ? null : (kernel?.name ?? null),
    kernelTitle: starting ? coming : title,
    id: starting ? null : (kernel?.id ?? null),
    starting,
    dead: kernel?.status === 'dead',
    former: former?.title ?? null,
    busy: kernel?.status === 'busy'
  };
}

function placesOf(sessions: IterableIterator<Session.IModel>): Record<string, IPlace> {
  const places: Record<string, IPlace> = {};
  for (const { kernel, path, name } of sessions) {
    if (kernel) {
      places[kernel.id] = { name: name || (path.split('/').at(-1) ?? ''), path: placeOf({ path, name }) };
    }
  }
  return places;
}

/**
 * Folder and name of a session's document: the feed has the same. Until its kernel has started the server knows a session by a
 * random name in the right folder, so its path alone would not do.
 */
export function placeOf({ path, name }: Pick<Session.IModel, 'path' | 'name'>): string {
  return name ? path.slice(0, path.lastIndexOf('/') + 1) + name : path;
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
