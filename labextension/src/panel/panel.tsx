// The sidebar panel: its header, and what the model says below it. It draws again when the model changes and, while times
// run on, each second.

import { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, settingsIcon } from '@jupyterlab/ui-components';
import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';
import React from 'react';
import { boltIcon } from '../icons';
import { PanelModel } from '../model/model';
import { DEFAULTS, ISettings } from '../model/settings';
import { IAction } from '../texts/actions';
import { openUi } from '../texts/links';
import { keepFocus } from './focus';
import { Kernel } from './kernel';
import { Nothing } from './nothing';
import { IDraw } from './parts';
import { Who } from './who';

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
    this._keeping = keepFocus(this.node);
  }

  /** Emitted when the panel is shown or hidden. */
  get shown(): ISignal<this, boolean> {
    return this._shown;
  }

  get settings(): ISettings {
    return this._settings;
  }
  set settings(settings: ISettings) {
    this._settings = settings;
    this._tick();
    this.update();
  }

  override dispose(): void {
    clearInterval(this._clock);
    clearTimeout(this._later);
    this._options.model.changed.disconnect(this._redraw);
    this._keeping.dispose();
    super.dispose();
  }

  protected override render(): React.ReactElement {
    const { model } = this._options;
    const draw: IDraw = { ...this._options, now: model.now };
    const view = model.view;
    return (
      <>
        <Header draw={draw} />
        <Who draw={draw} id={view.kind === 'kernel' ? view.id : null} />
        {view.kind === 'kernel' ? (
          <Kernel key={view.id} draw={draw} id={view.id} kernel={view.kernel} sections={this._settings.sections} />
        ) : (
          <Nothing draw={draw} reason={view.reason} />
        )}
      </>
    );
  }

  /** Opened by a command, the panel takes the keyboard: Tab then reaches its first button. */
  protected override onActivateRequest(): void {
    this.node.focus();
  }

  protected override onAfterShow(): void {
    this._see(true);
  }

  protected override onAfterAttach(message: Parameters<ReactWidget['processMessage']>[0]): void {
    super.onAfterAttach(message);
    this._see(this.isVisible);
  }

  protected override onAfterHide(): void {
    this._see(false);
  }

  private _see(visible: boolean): void {
    this._tick();
    if (visible) {
      this.update();
    }
    this._shown.emit(visible);
  }

  // While it is seen its times run on, not more often than the settings say.
  private _tick(): void {
    clearInterval(this._clock);
    if (this.isVisible) {
      this._clock = setInterval(this._redraw, 1000 * Math.max(1, this._settings.interval));
    }
  }

  // Not more often than the settings say: what comes in between is drawn at the end of the interval. What its user has changed,
  // or what its buttons act on, does not wait.
  private readonly _redraw = (): void => {
    const subject = subjectOf(this._options.model);
    const isOther = subject !== this._subject;
    if (!this.isVisible || (this._later !== undefined && !isOther)) {
      return;
    }
    clearTimeout(this._later);
    this._subject = subject;
    const wait = isOther ? 0 : Math.max(0, this._drawnAt + this._settings.interval * 1000 - Date.now());
    this._later = setTimeout(() => {
      this._later = undefined;
      this._drawnAt = Date.now();
      this.update();
    }, wait);
  };

  private _settings = DEFAULTS;
  private _clock: ReturnType<typeof setInterval> | undefined;
  private _later: ReturnType<typeof setTimeout> | undefined;
  private _drawnAt = 0;
  private _subject = '';
  private readonly _keeping: IDisposable;
  private readonly _shown = new Signal<this, boolean>(this);
  private readonly _options: SparkPanel.IOptions;
}

export namespace SparkPanel {
  export interface IOptions {
    readonly model: PanelModel;
    readonly trans: TranslationBundle;
    /** Does what a button says. */
    readonly perform: (action: IAction) => void;
    /** Whether that can be done here. */
    readonly offers: (action: IAction) => boolean;
    /** The address of what is below the server's base_url. */
    readonly urlOf: (path: string) => string;
  }
}

/** Whom the panel is about, and whether it hears of it. */
function subjectOf(model: PanelModel): string {
  const { view, front, link } = model;
  const shown = view.kind === 'kernel' ? [view.id, model.isStartingSpark(view.id)] : [view.reason, front?.title];
  return JSON.stringify([...shown, link]);
}

function Header({ draw }: { readonly draw: IDraw }): React.ReactElement {
  const { model, trans, perform, offers } = draw;
  const settings: IAction = { label: trans.__('Settings of this panel'), does: { kind: 'settings' } };
  const view = model.view;
  const ui = view.kind === 'kernel' ? openUi(view.kernel.driver?.ui, 'jobs/', trans) : null;
  return (
    <div className="jp-SparkPanel-header">
      <h2>
        <boltIcon.react tag="span" aria-hidden="true" />
        {trans.__('Spark')}
      </h2>
      {ui && (
        <button
          className="jp-mod-styled"
          title={trans.__('Open the Spark UI in a new browser tab')}
          onClick={() => {
            perform(ui);
          }}
        >
          {ui.label}
        </button>
      )}
      {offers(settings) && (
        <button
          className="jp-mod-styled jp-mod-icon"
          title={settings.label}
          aria-label={settings.label}
          onClick={() => {
            perform(settings);
          }}
        >
          <settingsIcon.react tag="span" aria-hidden="true" />
        </button>
      )}
    </div>
  );
}
