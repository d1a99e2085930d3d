// The sidebar panel: a header and, for now, the reason why there is nothing more to show. It draws what the model says.

import { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import React from 'react';
import { boltIcon } from './icons';
import { PanelModel } from './model';
import { IAction, write } from './texts';

export const PANEL_ID = 'sparkk8s-panel';

export class SparkPanel extends ReactWidget {
  constructor(options: SparkPanel.IOptions) {
    super();
    this._options = options;
    const name = options.trans.__('Spark');
    this.id = PANEL_ID;
    this.addClass('jp-SparkPanel');
    this.title.icon = boltIcon;
    this.title.caption = name;
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', name);
    this.node.tabIndex = -1;
    options.model.changed.connect(this._redraw);
  }

  override dispose(): void {
    this._options.model.changed.disconnect(this._redraw);
    super.dispose();
  }

  protected override render(): React.ReactElement {
    const { model, trans, perform } = this._options;
    return (
      <>
        <h2 className="jp-SparkPanel-header">
          <boltIcon.react tag="span" aria-hidden="true" />
          {trans.__('Spark')}
        </h2>
        <Nothing model={model} trans={trans} perform={perform} />
      </>
    );
  }

  /** Opened by a command, the panel takes the keyboard: Tab then reaches its first button. */
  protected override onActivateRequest(): void {
    this.node.focus();
  }

  private readonly _redraw = (): void => {
    this.update();
  };
  private readonly _options: SparkPanel.IOptions;
}

export namespace SparkPanel {
  export interface IOptions {
    readonly model: PanelModel;
    readonly trans: TranslationBundle;
    /** Does what a button says. */
    readonly perform: (action: IAction) => void;
  }
}

/** "Nothing to show": a title, a text and the ways out. A screen reader is told when they change. */
function Nothing({ model, trans, perform }: SparkPanel.IOptions): React.ReactElement {
  const { title, text, actions } = write(model, trans);
  return (
    <div className="jp-SparkPanel-nothing" data-reason={model.reason}>
      <boltIcon.react tag="span" className="jp-SparkPanel-mark" aria-hidden="true" />
      <div role="status">
        <h3>{title}</h3>
        <p>{text}</p>
      </div>
      <div className="jp-SparkPanel-actions">
        {actions.map((action, index) => (
          <button
            key={action.label}
            className={index ? 'jp-mod-styled' : 'jp-mod-styled jp-mod-accept'}
            onClick={() => {
              perform(action);
            }}
          >
            {action.label}
          </button>
        ))}
      </div>
    </div>
  );
}
