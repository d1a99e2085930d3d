// Does what the panel's buttons say, through JupyterLab's own dialogs and commands.

import { JupyterFrontEnd } from '@jupyterlab/application';
import { Clipboard, Dialog, ISessionContext, ISessionContextDialogs, showDialog } from '@jupyterlab/apputils';
import { Kernel, ServerConnection } from '@jupyterlab/services';
import { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import { FeedLink } from '../feed/link';
import { below } from '../feed/url';
import { PanelModel } from '../model/model';
import { Does, IAction, KernelDeed } from '../texts/actions';
import { placeOf, sessionOf } from './follow';
import { canRunBeside, run, runBeside, START, STOP } from './subshell';

/** How long an idle kernel takes at most to answer, milliseconds. */
const ANSWER_MS = 5000;
const SETTINGS = 'settingeditor:open';
const NEW_NOTEBOOK = 'notebook:create-new';

export interface IMeans {
  readonly app: JupyterFrontEnd;
  readonly dialogs: ISessionContextDialogs;
  readonly link: FeedLink;
  readonly model: PanelModel;
  readonly trans: TranslationBundle;
  /** The session of the notebook in front, if it is the one that the panel shows. */
  readonly session: () => ISessionContext | null;
  /** Opens a page as a JupyterLab tab; null where there are none. */
  readonly openTab: ((url: string) => void) | null;
}

/** Whether this can be done here: in Notebook 7 some can not. */
export function offers(does: Does, { app, openTab }: Pick<IMeans, 'app' | 'openTab'>): boolean {
  switch (does.kind) {
    case 'settings':
      return app.commands.hasCommand(SETTINGS);
    case 'new-notebook':
      return app.commands.hasCommand(NEW_NOTEBOOK);
    case 'open-ui':
      return !does.tab || openTab !== null;
    default:
      return true;
  }
}

/** Performs an action; throws what went wrong. */
export async function perform({ does }: IAction, means: IMeans): Promise<void> {
  const { app, dialogs, link } = means;
  switch (does.kind) {
    case 'new-notebook':
      await app.commands.execute(NEW_NOTEBOOK, { kernelName: does.kernel });
      break;
    case 'change-kernel': {
      const session = means.session();
      await (session && dialogs.selectKernel(session));
      break;
    }
    case 'start-kernel': {
      const session = means.session();
      await (session && dialogs.restart(session)); // which asks nothing where there is no kernel
      break;
    }
    case 'reconnect':
      link.connect();
      break;
    case 'reload':
      location.reload();
      break;
    case 'settings':
      await app.commands.execute(SETTINGS, { query: 'Spark' });
      break;
    case 'copy':
      Clipboard.copyToSystem(does.text);
      break;
    case 'open-ui': {
      const url = below(app.serviceManager.serverSettings.baseUrl, does.path + does.page);
      if (does.tab) {
        means.openTab?.(url);
      } else {
        window.open(url, '_blank', 'noopener');
      }
      break;
    }
    default:
      await deed(does.kind, does.id, means);
  }
}

async function deed(kind: KernelDeed, id: string, means: IMeans): Promise<void> {
  const { app, link } = means;
  switch (kind) {
    case 'cancel-start':
      await cancelStart(app, id);
      break;
    case 'dismiss':
      if (link.state !== 'open') {
        throw new Error(means.trans.__('The Jupyter server does not answer. Try again when it does.'));
      }
      link.send({ type: 'dismiss', kernel: id });
      break;
    case 'restart-kernel':
      await restart(means, id);
      break;
    case 'start-spark':
      await means.model.startSpark(
        id,
        withKernel(means, id, kernel => run(kernel, START))
      );
      break;
    case 'stop-application':
      await stop(means, id);
      break;
  }
}

/** End the start of a kernel; one that has ended meanwhile is fine. */
export async function cancelStart(app: JupyterFrontEnd, id: string): Promise<void> {
  await post(app, `sparkk8s/api/kernels/${encodeURIComponent(id)}/cancel`, [404]);
}

async function restart({ app, dialogs, model, session, trans }: IMeans, id: string): Promise<void> {
  const own = sessionWith(app, id);
  const path = model.stored.kernels?.[id]?.path;
  const left = [...app.shell.widgets('main')]
    .map(sessionOf)
    .find(each => each && !each.session?.kernel && placeOf(each) === path);
  const front = left ?? session();
  if (own) {
    await dialogs.restart(own);
  } else if (front && !front.session?.kernel) {
    // Its start has failed: JupyterLab has no kernel to restart, but may know which one it had.
    await (front.prevKernelName ? dialogs.restart(front) : dialogs.selectKernel(front));
  } else if (!(await app.serviceManager.kernels.findById(id))) {
    throw new Error(trans.__('There is no kernel to restart. Open its notebook to start it again.'));
  } else if (
    await isAgreed(
      trans.__('Restart the kernel?'),
      trans.__('Its variables are lost, and its Spark application ends.'),
      trans.__('Restart'),
      trans
    )
  ) {
    await post(app, `api/kernels/${encodeURIComponent(id)}/restart`, []);
  }
}

async function stop(means: IMeans, id: string): Promise<void> {
  const { trans } = means;
  const agreed = await isAgreed(
    trans.__('Stop the Spark application?'),
    trans.__(
      'Its running jobs fail and its executors end. Python and its variables stay; cached data and temporary views are lost.'
    ),
    trans.__('Stop'),
    trans
  );
  if (agreed) {
    await withKernel(means, id, kernel => {
      if (canRunBeside(kernel)) {
        return runBeside(kernel, STOP);
      }
      if (kernel.status === 'busy') {
        throw new Error(
          trans.__(
            'This kernel can do one thing at a time and a cell is running. Interrupt it first, or take an image with ipykernel 7.'
          )
        );
      }
      return run(kernel, STOP);
    });
  }
}

async function isAgreed(title: string, body: string, label: string, trans: TranslationBundle): Promise<boolean> {
  const buttons = [Dialog.cancelButton({ label: trans.__('Cancel') }), Dialog.warnButton({ label })];
  return (await showDialog({ title, body, buttons })).button.accept;
}

/** The session of the notebook that uses this kernel, if one is open here. */
export function sessionWith(app: JupyterFrontEnd, id: string): ISessionContext | null {
  return sessionOf(widgetOf(app, id));
}

/** The tab of a notebook or console that uses this kernel, if one is open here. */
export function widgetOf(app: JupyterFrontEnd, id: string): Widget | null {
  return [...app.shell.widgets('main')].find(widget => sessionOf(widget)?.session?.kernel?.id === id) ?? null;
}

// By the notebook's own connection where it is open here: a new one, as after the page was loaded anew, hears nothing of a kernel
// while a cell runs.
async function withKernel(
  { app, trans }: IMeans,
  id: string,
  use: (kernel: Kernel.IKernelConnection) => Promise<void>
): Promise<void> {
  const open = sessionWith(app, id)?.session?.kernel;
  const model = open ? null : await app.serviceManager.kernels.findById(id);
  const kernel = open ?? (model && app.serviceManager.kernels.connectTo({ model }));
  if (!kernel) {
    throw new Error(trans.__('The kernel is gone.'));
  }
  try {
    if (!(await isWithin(kernel.info, ANSWER_MS))) {
      throw new Error(
        trans.__(
          'A cell is running that began before this page could hear of it. Interrupt the cell, or wait for its end, and try again.'
        )
      );
    }
    await use(kernel);
  } finally {
    if (kernel !== open) {
      kernel.dispose();
    }
  }
}

function isWithin(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  return Promise.race([
    promise.then(() => true),
    new Promise<boolean>(resolve => {
      setTimeout(() => {
        resolve(false);
      }, milliseconds);
    })
  ]);
}

async function post(app: JupyterFrontEnd, path: string, allowed: readonly number[]): Promise<void> {
  const settings = app.serviceManager.serverSettings;
  const response = await ServerConnection.makeRequest(below(settings.baseUrl, path), { method: 'POST' }, settings);
  if (!response.ok && !allowed.includes(response.status)) {
    throw await ServerConnection.ResponseError.create(response);
  }
}
