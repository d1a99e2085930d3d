// The button in a notebook's toolbar: what its Spark does, at a glance; it opens the panel. Nothing for other kernels.

import { ISessionContext } from '@jupyterlab/apputils';
import { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, ToolbarButtonComponent } from '@jupyterlab/ui-components';
import React from 'react';
import { boltIcon } from '../icons';
import { glance, State } from '../model/glance';
import { kernelOf } from '../model/match';
import { IFront, PanelModel } from '../model/model';
import { Reason, reasonOf } from '../model/reasons';
import { sentence, word } from '../texts/glance';
import { nothing } from '../texts/nothing';

export interface IToolbarOptions {
  readonly model: PanelModel;
  readonly session: ISessionContext;
  /** The notebook that the button stands in. */
  readonly notebook: () => IFront;
  readonly trans: TranslationBundle;
  readonly open: () => void;
}

/** What is said of a Spark kernel that the feed does not know; of other kernels, and before anything is heard, nothing. */
const UNHEARD_OF: Partial<Record<Reason, State>> = {
  starting: 'starting',
  'driver-gone': 'dead',
  'unknown-kernel': 'unknown',
  'extension-missing': 'unknown',
  'extension-older': 'unknown',
  'panel-older': 'unknown',
  'feed-lost': 'unknown',
  'server-gone': 'unknown'
};

interface ISaid {
  readonly state: State;
  readonly word: string;
  readonly sentence: string;
  /** Changes with what is worth drawing again: not with each second. */
  readonly key: string;
}

export class SparkButton extends ReactWidget {
  constructor(private readonly _options: IToolbarOptions) {
    super();
    this.addClass('jp-SparkButton');
    _options.model.changed.connect(this._redraw);
    _options.session.kernelChanged.connect(this._redraw);
    this._redraw();
  }

  override dispose(): void {
    this._options.model.changed.disconnect(this._redraw);
    this._options.session.kernelChanged.disconnect(this._redraw);
    super.dispose();
  }

  protected override render(): React.ReactElement | null {
    const { trans, open } = this._options;
    const said = this._say();
    if (!said) {
      return null;
    }
    this.node.dataset.state = said.state;
    return (
      <ToolbarButtonComponent
        icon={boltIcon}
        label={said.word}
        tooltip={trans.__('Spark: %1. Open the Spark panel', said.sentence)}
        onClick={open}
      />
    );
  }

  private _say(): ISaid | null {
    const { model, notebook, trans } = this._options;
    const { kernels, knowsKernels, link, stored } = model;
    const front = notebook();
    const kernel = kernelOf(front, stored.kernels ?? {})?.kernel;
    if (kernel) {
      const seen = glance(kernel, model.fresh);
      const short = word(seen, trans, kernel.phase);
      // Without its time, which would stand still.
      const told = sentence({ ...seen, since: undefined }, kernel, model.now, trans);
      const key = `${short} ${told}`;
      return { state: seen.state, word: short, sentence: told, key };
    }
    const reason = reasonOf({ kernels, knowsKernels, front, link, stored });
    const state = UNHEARD_OF[reason];
    const { title } = nothing(reason, model, trans);
    return state ? { state, word: word({ state, tasks: 0 }, trans), sentence: title, key: title } : null;
  }

  // What the button says changes far less often than the feed: it is drawn again when that has changed.
  private readonly _redraw = (): void => {
    const key = this._say()?.key ?? '';
    this.setHidden(!key);
    if (key !== this._key) {
      this._key = key;
      this.update();
    }
  };
  private _key = '';
}
