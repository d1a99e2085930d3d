// One kernel from top to bottom: what is wrong with the feed, the start, trouble, then the sections that the settings allow.

import React from 'react';
import { IKernel } from '../feed/types';
import { age } from '../model/format';
import { reasonOfKernel } from '../model/reasons';
import { Section } from '../model/settings';
import { IAction } from '../texts/actions';
import { reconnect } from '../texts/nothing';
import { Driver } from './driver';
import { Executors } from './executors';
import { Findings, Note } from './findings';
import { Glance } from './glance';
import { Nothing } from './nothing';
import { Actions, IDraw } from './parts';
import { Progress } from './progress';
import { Start } from './start';

interface IProps {
  readonly draw: IDraw;
  readonly id: string;
  readonly kernel: IKernel;
  readonly sections: readonly Section[];
}

export function Kernel({ draw, id, kernel, sections }: IProps): React.ReactElement {
  const shows = (section: Section): boolean => sections.includes(section);
  const ready = kernel.phase === 'ready';
  const reason = reasonOfKernel(kernel, draw.now);
  const executors = ready || Object.keys(kernel.executors).length > 0;
  return (
    <>
      <Stale draw={draw} kernel={kernel} />
      <Start draw={draw} id={id} kernel={kernel} />
      <Findings draw={draw} id={id} kernel={kernel} />
      {reason && <Nothing draw={draw} reason={reason} />}
      {ready && shows('glance') && <Glance draw={draw} kernel={kernel} />}
      {ready && shows('progress') && <Progress draw={draw} kernel={kernel} />}
      {executors && shows('executors') && <Executors draw={draw} kernel={kernel} />}
      {shows('driver') && <Driver draw={draw} id={id} kernel={kernel} />}
    </>
  );
}

const MOMENT_S = 5;

function asItWas(seconds: number, trans: IDraw['trans']): string {
  return seconds < MOMENT_S ? trans.__('As it was a moment ago') : trans.__('As it was %1 ago', age(seconds));
}

/** Says so where what is shown may not be how it is. */
function Stale({ draw, kernel }: { readonly draw: IDraw; readonly kernel: IKernel }): React.ReactElement | null {
  const { model, trans } = draw;
  const lostFor = Date.now() / 1000 - model.knownAt;
  let text = kernel.stale_s > 0 ? (kernel.stale_reason ?? trans.__('The driver does not answer.')) : '';
  let actions: readonly IAction[] = [];
  if (!model.fresh) {
    const gone = model.link === 'gone' || model.link === 'missing';
    text = gone
      ? trans.__('The Jupyter server does not answer any more.')
      : trans.__('The connection to the Jupyter server was lost; it is tried again by itself.');
    actions = [reconnect(trans)];
  }
  const warning = model.stored.server?.ui_warning;
  return (
    <>
      {text && (
        <div className="jp-SparkPanel-findings">
          <Note
            draw={draw}
            severity="warning"
            title={asItWas(model.fresh ? kernel.stale_s : lostFor, trans)}
            cause={text}
            next_step=""
          >
            <Actions draw={draw} actions={actions} />
          </Note>
        </div>
      )}
      {warning && (
        <div className="jp-SparkPanel-findings">
          <Note
            draw={draw}
            severity="info"
            title={trans.__('The Spark UI is incomplete here')}
            cause={warning}
            next_step=""
          />
        </div>
      )}
    </>
  );
}
