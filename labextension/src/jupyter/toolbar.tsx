// The button in a notebook's toolbar: what its Spark does, at a glance; it opens the panel. Nothing for other kernels.

import { ISessionContext } from '@jupyterlab/apputils';
import { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, ToolbarButtonComponent } from '@jupyterlab/ui-components';
import React from 'react';
import { boltIcon } from '../icons';
import { glance } from '../model/glance';
import { kernelOf } from '../model/match';
import { IFront, PanelModel } from '../model/model';
import { sentence, word } from '../texts/glance';

export interface IToolbarOptions {
  readonly model: PanelModel;
  readonly session: ISessionContext;
  /** The notebook that the button stands in. */
  readonly notebook: () => IFront;
  readonly trans: TranslationBundle;
  readonly open: () => void;
}

export class SparkButton extends ReactWidget {
  constructor(private readonly _options: IToolbarOptions) {
    super();
    this.addClass('jp-SparkButton');
    _options.model.changed.connect(this._redraw);
    _options.session.kernelChanged.connect(this._redraw);
  }

  override dispose(): void {
    this._options.model.changed.disconnect(this._redraw);
    this._options.session.kernelChanged.disconnect(this._redraw);
    super.dispose();
  }

  protected override render(): React.ReactElement | null {
    const { model, notebook, trans, open } = this._options;
    const kernel = kernelOf(notebook(), model.stored.kernels ?? {})?.kernel;
    if (!kernel) {
      return null;
    }
    const seen = glance(kernel, model.fresh);
    this.node.dataset.state = seen.state;
    return (
      <ToolbarButtonComponent
        icon={boltIcon}
        label={word(seen, trans)}
        tooltip={trans.__('Spark: %1. Open the Spark panel', sentence(seen, kernel, model.now, trans))}
        onClick={open}
      />
    );
  }

  // What the button says changes far less often than the feed: it is drawn again when that has changed.
  private readonly _redraw = (): void => {
    const { model, notebook, trans } = this._options;
    const kernel = kernelOf(notebook(), model.stored.kernels ?? {})?.kernel;
    const said = kernel ? `${word(glance(kernel, model.fresh), trans)} ${kernel.findings[0]?.title ?? ''}` : '';
    if (said !== this._said) {
      this._said = said;
      this.update();
    }
  };
  private _said = '';
}
