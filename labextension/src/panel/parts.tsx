// The small parts that the panel's sections share: marks, bars, buttons, heads. They know nothing of Spark.

import { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import { PanelModel } from '../model/model';
import { IShares } from '../model/progress';
import { IAction } from '../texts/actions';

/** What every section is given. */
export interface IDraw {
  readonly model: PanelModel;
  readonly trans: TranslationBundle;
  /** Does what a button says. */
  readonly perform: (action: IAction) => void;
  /** Whether that can be done here. */
  readonly offers: (action: IAction) => boolean;
  /** The address of what is below the server's base_url. */
  readonly urlOf: (path: string) => string;
  /** The server's clock, in seconds since 1970. */
  readonly now: number;
}

/** Shapes differ too, so that nobody needs the colours: tick, disc, ring, broken ring, triangle, diamond, cross. */
export type MarkKind = 'ok' | 'busy' | 'idle' | 'wait' | 'warn' | 'bad' | 'gone';

const SHAPES: Record<MarkKind, React.ReactElement> = {
  ok: <path d="M2.2 6.2 5 9l4.8-6" />,
  busy: <circle cx="6" cy="6" r="4.2" className="jp-mod-filled" />,
  idle: <circle cx="6" cy="6" r="3.6" />,
  wait: <circle cx="6" cy="6" r="4" strokeDasharray="4.2 2.1" />,
  warn: <path d="M6 1.8 11 10.4H1zM6 5v2.4m0 1v.6" strokeWidth="1.2" />,
  bad: <path d="M6 1.2 10.8 6 6 10.8 1.2 6z" className="jp-mod-filled" />,
  gone: <path d="m2.5 2.5 7 7m0-7-7 7" />
};

/** A state's mark. What it means stands in words beside it or in `name`. */
export function Mark({ kind, name }: { readonly kind: MarkKind; readonly name?: string }): React.ReactElement {
  const named = name ? { role: 'img', 'aria-label': name } : { 'aria-hidden': true };
  return (
    <svg className="jp-SparkPanel-mark" data-kind={kind} viewBox="0 0 12 12" {...named}>
      {name && <title>{name}</title>}
      {SHAPES[kind]}
    </svg>
  );
}

/** A bar of tasks. `name` is what it belongs to, `text` what it says. */
export function WorkBar(props: {
  readonly shares: IShares;
  readonly name: string;
  readonly text: string;
}): React.ReactElement {
  const { done, running, failed } = props.shares;
  return (
    <div
      className="jp-SparkPanel-bar"
      role="progressbar"
      aria-label={props.name}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(done)}
      aria-valuetext={props.text}
    >
      <i data-part="done" style={{ width: `${done}%` }} />
      <i data-part="running" style={{ width: `${running}%` }} />
      {failed !== null && <i data-part="failed" style={{ width: `${failed}%` }} />}
    </div>
  );
}

/** A bar of something used, of a total. */
export function MeterBar(props: {
  readonly share: number;
  readonly high: boolean;
  readonly name: string;
}): React.ReactElement {
  return (
    <span className="jp-SparkPanel-bar" role="img" aria-label={props.name} title={props.name}>
      <i data-part={props.high ? 'high' : 'used'} style={{ width: `${Math.min(100, 100 * props.share)}%` }} />
    </span>
  );
}

/** A section's head, with a remark at the right. */
export function Head({ title, remark }: { readonly title: string; readonly remark?: string }): React.ReactElement {
  return (
    <div className="jp-SparkPanel-head">
      <h3>{title}</h3>
      {remark && <span>{remark}</span>}
    </div>
  );
}

/** Buttons side by side, the first the recommended one if `accept`. */
export function Actions(props: {
  readonly draw: Pick<IDraw, 'perform' | 'offers'>;
  readonly actions: readonly IAction[];
  readonly accept?: boolean;
}): React.ReactElement | null {
  const actions = props.actions.filter(props.draw.offers);
  if (actions.length === 0) {
    return null;
  }
  return (
    <div className="jp-SparkPanel-actions">
      {actions.map((action, index) => (
        <button
          key={action.label}
          className={props.accept && index === 0 ? 'jp-mod-styled jp-mod-accept' : 'jp-mod-styled'}
          onClick={() => {
            props.draw.perform(action);
          }}
        >
          {action.label}
        </button>
      ))}
    </div>
  );
}
