// The words for each reason why there is nothing to show, and the way out that belongs to it. Pure.

import { TranslationBundle } from '@jupyterlab/translation';
import { IKernel } from '../feed/types';
import { PanelModel } from '../model/model';
import { Reason } from '../model/reasons';
import { deed, IAction, KernelDeed } from './actions';

export interface IText {
  readonly title: string;
  readonly text: string;
  /** The first is the recommended one. */
  readonly actions: readonly IAction[];
}

type Writer = (model: PanelModel, trans: TranslationBundle) => IText;

/** By when the settings let Spark start. */
const NOT_STARTED: Record<NonNullable<IKernel['session']>, (trans: TranslationBundle) => string> = {
  eager: trans =>
    trans.__(
      'Python is ready, and Spark has not come up with it. A cell that uses spark says why; this button tries again.'
    ),
  lazy: trans =>
    trans.__('Python is ready. Spark starts with the first cell that uses spark or sc, or by this button.'),
  off: trans =>
    trans.__(
      'Python is ready. Spark starts when a cell makes a session with SparkSession.builder.getOrCreate(), or by this button.'
    )
};

const WRITERS: Record<Reason, Writer> = {
  'not-installed': (_, trans) => ({
    title: trans.__('No Spark kernel on this server'),
    text: trans.__(
      'The kernels “Spark on K8s” and “Spark (this machine)” are not offered here. ' +
        'Ask your administrator to install the package jupyter-sparkk8s beside this Jupyter server, or to allow its kernels.'
    ),
    actions: []
  }),
  'no-notebook': (model, trans) => ({
    title: trans.__('No notebook in front'),
    text: trans.__('Start a notebook with one of these kernels. The variables spark and sc are ready in its cells.'),
    actions: model.kernels.map(kernel => ({
      label: kernel.title,
      does: { kind: 'new-notebook', kernel: kernel.name }
    }))
  }),
  'no-kernel': (model, trans) => ({
    title: trans.__('No Spark kernel here'),
    text: trans.__('“%1” has no kernel. Choose %2 to get a Spark session.', model.front?.title, choice(model, trans)),
    actions: [changeKernel(trans)]
  }),
  'kernel-ended': (model, trans) => ({
    title: trans.__('The kernel has ended'),
    text: trans.__(
      '“%1” had the kernel “%2”. Its variables are gone with it. Start it again to go on.',
      model.front?.title,
      model.front?.former
    ),
    actions: [{ label: trans.__('Start the kernel again'), does: { kind: 'start-kernel' } }, changeKernel(trans)]
  }),
  'other-kernel': (model, trans) => ({
    title: trans.__('No Spark kernel here'),
    text: trans.__(
      '“%1” runs %2. Choose the kernel %3 to get a Spark session.',
      model.front?.title,
      model.front?.kernelTitle,
      choice(model, trans)
    ),
    actions: [changeKernel(trans)]
  }),
  starting: (model, trans) => ({
    title: trans.__('The kernel is starting'),
    text: trans.__(
      '“%1” gets the kernel “%2”. Its first step shows here.',
      model.front?.title,
      model.front?.kernelTitle
    ),
    actions: []
  }),
  'spark-not-started': (model, trans) =>
    busy(model, trans) ?? {
      title: trans.__('Spark is not started yet'),
      text: NOT_STARTED[(model.view.kind === 'kernel' && model.view.kernel.session) || 'lazy'](trans),
      actions: deeds(['start-spark'], model, trans)
    },
  'spark-starting': (_, trans) => ({
    title: trans.__('Spark is starting'),
    text: trans.__('It has asked for its executors, and is here as soon as it answers.'),
    actions: []
  }),
  'spark-stopped': (model, trans) =>
    busy(model, trans) ?? {
      title: trans.__('Spark has been stopped'),
      text: trans.__('Python lives on, with its variables. This button makes a new Spark session and names it spark.'),
      actions: deeds(['start-spark'], model, trans)
    },
  'driver-gone': (model, trans) => ({
    title: trans.__('The driver is gone'),
    text: trans.__('This kernel has ended, and its variables with it. Restart it to go on.'),
    actions: deeds(['restart-kernel'], model, trans)
  }),
  connecting: (_, trans) => ({
    title: trans.__('Connecting…'),
    text: trans.__('Asking the Jupyter server about its Spark kernels.'),
    actions: []
  }),
  'unknown-kernel': (model, trans) => ({
    title: trans.__('Nothing is known of this kernel yet'),
    text: trans.__(
      '“%1” runs the kernel “%2”, of which the Jupyter server has told nothing so far. If this stays so, restart the kernel.',
      model.front?.title,
      model.front?.kernelTitle
    ),
    actions: deeds(['restart-kernel'], model, trans)
  }),
  'extension-missing': (_, trans) => ({
    title: trans.__('The server extension is missing'),
    text: trans.__(
      'This panel is installed, but the Jupyter server does not answer it: its extension jupyter_sparkk8s is not enabled. ' +
        'Ask your administrator to run “jupyter server extension enable jupyter_sparkk8s” and to start the server again.'
    ),
    actions: [reconnect(trans)]
  }),
  'extension-older': (model, trans) => ({
    title: trans.__('The server extension is older than this panel'),
    text: trans.__(
      'The Jupyter server runs jupyter_sparkk8s %1, which this panel does not understand. Restart the Jupyter server, ' +
        'so that it takes the version that is installed.',
      model.stored.server?.server_version
    ),
    actions: [reconnect(trans)]
  }),
  'panel-older': (model, trans) => ({
    title: trans.__('This panel is older than the server extension'),
    text: trans.__(
      'The Jupyter server runs jupyter_sparkk8s %1, which this page does not know yet. Reload the page.',
      model.stored.server?.server_version
    ),
    actions: [{ label: trans.__('Reload page'), does: { kind: 'reload' } }]
  }),
  'feed-lost': (_, trans) => ({
    title: trans.__('The Jupyter server does not answer'),
    text: trans.__('The connection to it was lost. It is tried again by itself; your kernels may well run on.'),
    actions: [reconnect(trans)]
  }),
  'server-gone': (_, trans) => ({
    title: trans.__('The Jupyter server is gone'),
    text: trans.__(
      'It has not answered for ten minutes, so this panel has stopped asking. Start it again, then reconnect.'
    ),
    actions: [reconnect(trans)]
  })
};

/** The title, the text and the ways out where there is nothing to show. */
export function nothing(reason: Reason, model: PanelModel, trans: TranslationBundle): IText {
  return WRITERS[reason](model, trans);
}

/** The button that connects to the feed at once. */
export function reconnect(trans: TranslationBundle): IAction {
  return { label: trans.__('Try again now'), does: { kind: 'reconnect' } };
}

// Whether a cell is starting Spark nobody can say before Spark answers; the button would wait for the cell.
function busy(model: PanelModel, trans: TranslationBundle): IText | null {
  const { view } = model;
  if (view.kind === 'kernel' && model.isStartingSpark(view.id)) {
    return {
      title: trans.__('Spark is starting'),
      text: trans.__('It shows here as soon as it answers. A cell that is running goes first.'),
      actions: []
    };
  }
  return view.kind === 'kernel' && model.isBusy(view.id)
    ? {
        title: trans.__('The kernel is busy'),
        text: trans.__('Spark is not ready yet. If what runs now uses it, it is starting, and shows here in a moment.'),
        actions: []
      }
    : null;
}

function deeds(
  kinds: readonly KernelDeed[],
  { view, front }: PanelModel,
  trans: TranslationBundle
): readonly IAction[] {
  const id = view.kind === 'kernel' ? view.id : front?.id;
  return id ? kinds.map(kind => deed(kind, id, trans)) : [];
}

function changeKernel(trans: TranslationBundle): IAction {
  return { label: trans.__('Change kernel…'), does: { kind: 'change-kernel' } };
}

// “Spark on K8s” or “Spark (this machine)”
function choice(model: PanelModel, trans: TranslationBundle): string {
  return model.kernels.map(kernel => `“${kernel.title}”`).join(` ${trans.__('or')} `);
}
