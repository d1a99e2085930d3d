// The words for each reason, and the way out that belongs to it. Pure: an action says what to do, `actions.ts` does it.

import { TranslationBundle } from '@jupyterlab/translation';
import { PanelModel, Reason } from './model';

/** A button that leads out of "nothing to show". */
export interface IAction {
  readonly label: string;
  readonly does: { readonly kind: 'change-kernel' } | { readonly kind: 'new-notebook'; readonly kernel: string };
}

export interface IText {
  readonly title: string;
  readonly text: string;
  /** The first is the recommended one. */
  readonly actions: readonly IAction[];
}

type Writer = (model: PanelModel, trans: TranslationBundle) => IText;

const WRITERS: Record<Reason, Writer> = {
  'not-installed': (_, trans) => ({
    title: trans.__('No Spark kernel on this server'),
    text: trans.__(
      'The kernels “Spark on K8s” and “Spark (this machine)” are not offered here. ' +
        'Ask your administrator to install the package jupyter-sparkk8s beside this Jupyter server, or to allow its kernels.'
    ),
    actions: []
  }),
  'nothing-in-front': (model, trans) => ({
    title: trans.__('No Spark kernel yet'),
    text: trans.__('Start a notebook with one of these kernels. The variables spark and sc are ready in its cells.'),
    actions: model.kernels.map(kernel => ({
      label: kernel.title,
      does: { kind: 'new-notebook', kernel: kernel.name }
    }))
  }),
  'no-kernel': (model, trans) => ({
    title: trans.__('No Spark kernel yet'),
    text: trans.__('“%1” has no kernel. Choose %2 to get a Spark session.', model.front?.title, choice(model, trans)),
    actions: [changeKernel(trans)]
  }),
  'other-kernel': (model, trans) => ({
    title: trans.__('No Spark kernel yet'),
    text: trans.__(
      '“%1” runs %2. Choose the kernel %3 to get a Spark session.',
      model.front?.title,
      model.front?.kernelTitle,
      choice(model, trans)
    ),
    actions: [changeKernel(trans)]
  }),
  'spark-kernel': (model, trans) => ({
    title: trans.__('Runs on Spark'),
    text: trans.__(
      '“%1” runs the kernel “%2”. The variables spark and sc are ready in its cells.',
      model.front?.title,
      model.front?.kernelTitle
    ),
    actions: []
  })
};

/** The title, the text and the ways out for what the model has to say. */
export function write(model: PanelModel, trans: TranslationBundle): IText {
  return WRITERS[model.reason](model, trans);
}

function changeKernel(trans: TranslationBundle): IAction {
  return { label: trans.__('Change kernel…'), does: { kind: 'change-kernel' } };
}

// “Spark on K8s” or “Spark (this machine)”
function choice(model: PanelModel, trans: TranslationBundle): string {
  return model.kernels.map(kernel => `“${kernel.title}”`).join(` ${trans.__('or')} `);
}
