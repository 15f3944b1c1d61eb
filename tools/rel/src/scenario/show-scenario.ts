import { showJudgements } from '../judgement';
import type { ScenarioReport } from './run-scenario';

/** The table for people. */
export function showScenario({ title, rig, judgements, seconds }: ScenarioReport): string {
  return [`${title}: ${rig}`, `took ${seconds} s in all`, showJudgements(judgements)].join('\n');
}
