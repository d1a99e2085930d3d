// The driver: where it runs, what it holds, what is mounted, and what can be done with it.

import React from 'react';
import { IDriver, IKernel } from '../feed/types';
import { age, memory, memoryOf } from '../model/format';
import { NEARLY_FULL } from '../model/executors';
import { isStarting } from '../model/glance';
import { deed, IAction } from '../texts/actions';
import { openUi } from '../texts/links';
import { shortImage } from '../texts/phases';
import { Actions, Head, IDraw, MeterBar } from './parts';

interface IProps {
  readonly draw: IDraw;
  readonly id: string;
  readonly kernel: IKernel;
}

export function Driver({ draw, id, kernel }: IProps): React.ReactElement | null {
  const { driver } = kernel;
  const { trans } = draw;
  if (!driver) {
    return null;
  }
  // Of one that has ended it would run on, and its memory is given back.
  const ended = kernel.phase === 'dead' || kernel.phase === 'failed';
  const up = ended || driver.started_at === undefined ? '' : trans.__('up %1', age(draw.now - driver.started_at));
  const version = kernel.application && `Spark ${kernel.application.spark_version}`;
  return (
    <section className="jp-SparkPanel-driver" aria-label={trans.__('Driver')}>
      <Head title={trans.__('Driver')} remark={up} />
      <dl>
        <Line
          name={trans.__('Pod')}
          value={driver.pod}
          hint={driver.namespace && trans.__('Namespace %1', driver.namespace)}
        />
        <Line name={trans.__('Process')} value={driver.process?.toString()} />
        <Line name={trans.__('Node')} value={driver.node} />
        <Line name={trans.__('Image')} value={shortImage(driver.image)} hint={driver.image} />
        <Line name={trans.__('Version')} value={version} />
        {!ended && <Memory draw={draw} driver={driver} />}
        <Mounts draw={draw} driver={driver} />
        {!driver.ui.available && !isStarting(kernel) && (
          <Line name={trans.__('Spark UI')} value={driver.ui.why_not} wraps />
        )}
      </dl>
      <Actions draw={draw} actions={actionsOf(draw, id, kernel, driver)} />
    </section>
  );
}

function actionsOf({ trans }: IDraw, id: string, kernel: IKernel, driver: IDriver): readonly IAction[] {
  const actions: (IAction | null)[] = [openUi(driver.ui, 'jobs/', trans, true)];
  if (driver.pod) {
    actions.push({ label: trans.__('Copy pod name'), does: { kind: 'copy', text: driver.pod } });
  }
  if (['starting-spark', 'python', 'ready', 'stopped'].includes(kernel.phase)) {
    actions.push(deed('restart-kernel', id, trans));
  }
  if (kernel.phase === 'ready') {
    actions.push(deed('stop-application', id, trans));
  }
  return actions.filter(action => action !== null);
}

interface ILine {
  readonly name: string;
  readonly value: string | undefined;
  readonly hint?: string;
  readonly wraps?: boolean;
}

function Line({ name, value, hint, wraps }: ILine): React.ReactElement | null {
  return value ? (
    <>
      <dt>{name}</dt>
      <dd title={hint && hint !== value ? `${value}\n${hint}` : value} data-wraps={wraps}>
        {value}
      </dd>
    </>
  ) : null;
}

function Memory({ draw, driver }: { readonly draw: IDraw; readonly driver: IDriver }): React.ReactElement | null {
  const { memory_used: used, memory_limit: limit } = driver;
  if (used === undefined) {
    return null;
  }
  const text = limit ? memoryOf(used, limit, ` ${draw.trans.__('of')} `) : memory(used);
  return (
    <>
      <dt>{draw.trans.__('Memory')}</dt>
      <dd>
        {text}
        {limit !== undefined && <MeterBar share={used / limit} high={used / limit > NEARLY_FULL} name={text} />}
      </dd>
    </>
  );
}

function Mounts({ draw, driver }: { readonly draw: IDraw; readonly driver: IDriver }): React.ReactElement | null {
  const mounts = driver.mounts;
  return mounts.length ? (
    <>
      <dt>{draw.trans.__('Mounts')}</dt>
      <dd>
        <ul>
          {mounts.map(({ path, source, read_only: readOnly }) => (
            <li key={path} title={`${path}\n${source}`}>
              <span>{path}</span>
              <span>{readOnly ? draw.trans.__('read only') : draw.trans.__('read-write')}</span>
            </li>
          ))}
        </ul>
      </dd>
    </>
  ) : null;
}
