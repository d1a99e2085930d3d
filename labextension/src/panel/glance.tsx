// At a glance: executors, cores, memory, and how many tasks ran in the last five minutes.

import React from 'react';
import { IKernel } from '../feed/types';
import { memoryOf, NONE } from '../model/format';
import { line, peak, samples } from '../model/history';
import { IDraw } from './parts';

const WIDTH = 300;
const HEIGHT = 44;

export function Glance({ draw, kernel }: { readonly draw: IDraw; readonly kernel: IKernel }): React.ReactElement {
  const { trans } = draw;
  const { application, counts } = kernel;
  const cpus = application?.task_cpus;
  const memory = application?.memory_total ? memoryOf(application.memory_used, application.memory_total) : NONE;
  const [used = NONE, total] = memory.split(' / ');
  return (
    <section className="jp-SparkPanel-glance" aria-label={trans.__('At a glance')}>
      <dl>
        <Figure name={trans.__('Executors')} value={String(counts.running)} of={String(counts.wanted)} />
        <Figure
          name={cpus ? trans.__('Slots busy') : trans.__('Cores busy')}
          hint={cpus ? trans.__('Each task takes %1 cores (spark.task.cpus)', cpus) : undefined}
          value={String(application?.cores_busy ?? 0)}
          of={String(application?.cores_total ?? 0)}
        />
        <Figure name={trans.__('Memory')} value={used} of={total} />
      </dl>
      <Chart draw={draw} kernel={kernel} />
    </section>
  );
}

function Figure(props: {
  readonly name: string;
  readonly value: string;
  readonly of: string | undefined;
  readonly hint?: string | undefined;
}): React.ReactElement {
  return (
    <div title={props.hint}>
      <dt>{props.name}</dt>
      <dd>
        {props.value}
        {props.of !== undefined && <small> / {props.of}</small>}
      </dd>
    </div>
  );
}

function Chart({ draw, kernel }: { readonly draw: IDraw; readonly kernel: IKernel }): React.ReactElement {
  const { trans, now } = draw;
  const readings = samples(kernel.chart, now);
  const points = line(readings, now, WIDTH, HEIGHT - 2);
  const start = points.split(',')[0] ?? '0';
  const most = peak(readings);
  const name = trans.__('Active tasks in the last five minutes: %1 now, %2 at most', readings.at(-1)?.value ?? 0, most);
  return (
    <figure>
      <svg viewBox={`0 -1 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={name}>
        {points && <polygon points={`${start},${HEIGHT - 2} ${points} ${WIDTH},${HEIGHT - 2}`} />}
        {points && <polyline points={points} />}
      </svg>
      <figcaption>
        <span>{trans.__('active tasks, 5 min')}</span>
        {kernel.interval_reason && (
          <span title={kernel.interval_reason}>{trans.__('every %1 s', kernel.interval_s)}</span>
        )}
        <span>{trans.__('max %1', most)}</span>
      </figcaption>
      {kernel.interval_reason && <p>{kernel.interval_reason}</p>}
    </figure>
  );
}
