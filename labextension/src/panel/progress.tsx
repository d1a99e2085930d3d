// Running jobs with their active stages, and the last few that have ended.

import React from 'react';
import { IJob, IKernel, IStage, IUi } from '../feed/types';
import { clock } from '../model/format';
import { elapsed, progress, shares } from '../model/progress';
import { jobPage, stagePage } from '../texts/links';
import { callTitle, cancelledBy, rest, shortCall, workLine } from '../texts/work';
import { Head, IDraw, WorkBar } from './parts';

export function Progress({ draw, kernel }: { readonly draw: IDraw; readonly kernel: IKernel }): React.ReactElement {
  const { trans, now } = draw;
  const { running, more, finished } = progress(kernel, now);
  const ui = kernel.driver?.ui;
  return (
    <section className="jp-SparkPanel-progress" aria-label={trans.__('Progress')}>
      <Head title={trans.__('Progress')} remark={more ? trans._n('%1 more job runs', '%1 more jobs run', more) : ''} />
      {running.length + finished.length === 0 && (
        <p className="jp-SparkPanel-empty">{trans.__('No job has run yet.')}</p>
      )}
      <ul>
        {running.map(({ job, stages }) => (
          <li key={job.id}>
            <Work draw={draw} ui={ui} work={job} page={jobPage(job)} name={trans.__('Job %1', job.id)} />
            {stages.length > 0 && (
              <ul>
                {stages.map(stage => (
                  <li key={`${stage.id}.${stage.attempt}`}>
                    <Work draw={draw} ui={ui} work={stage} page={stagePage(stage)} name={stageName(stage, draw)} />
                  </li>
                ))}
              </ul>
            )}
          </li>
        ))}
        {finished.map(job => (
          <Finished key={job.id} draw={draw} ui={ui} job={job} />
        ))}
      </ul>
    </section>
  );
}

function Finished({ draw, ui, job }: IWhere & { readonly job: IJob }): React.ReactElement {
  const by = cancelledBy(job);
  const text = by ?? job.failure;
  return (
    <li>
      <Work
        draw={draw}
        ui={ui}
        work={job}
        page={jobPage(job)}
        name={draw.trans.__('Job %1', job.id)}
        isCancelled={by !== null}
      />
      {text && (
        <p className="jp-SparkPanel-failure" data-state={by === null ? 'failed' : 'cancelled'}>
          {text}
        </p>
      )}
    </li>
  );
}

function stageName({ id, attempt }: IStage, { trans }: IDraw): string {
  return attempt ? trans.__('Stage %1, attempt %2', id, attempt + 1) : trans.__('Stage %1', id);
}

interface IWhere {
  readonly draw: IDraw;
  readonly ui: IUi | undefined;
}

interface IWorkProps extends IWhere {
  readonly work: IJob | IStage;
  readonly page: string;
  readonly name: string;
  readonly isCancelled?: boolean;
}

function Work({ draw, ui, work, page, name, isCancelled }: IWorkProps): React.ReactElement {
  const { trans, now } = draw;
  const took = elapsed(work, now);
  const text = workLine(work, trans, isCancelled);
  const isStage = 'attempt' in work;
  return (
    <div className="jp-SparkPanel-work" data-state={work.state}>
      <div>
        {ui?.available && ui.path !== undefined ? (
          <a
            href={draw.urlOf(ui.path + page)}
            target="_blank"
            rel="noopener"
            title={trans.__('Open %1 in the Spark UI', name)}
          >
            {name}
          </a>
        ) : (
          <span>{name}</span>
        )}
        <span className="jp-SparkPanel-call" title={callTitle(work, trans)}>
          {shortCall(work.description)}
          {work.cell !== undefined && !isStage && ` · ${trans.__('cell %1', work.cell)}`}
        </span>
        {took !== null && <time>{clock(took)}</time>}
      </div>
      <WorkBar shares={shares(work.tasks)} name={name} text={text} />
      <div>
        <span>{text}</span>
        <span>{rest(work, trans)}</span>
      </div>
    </div>
  );
}
