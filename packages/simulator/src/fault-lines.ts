import type { FaultRun, Violation } from './fault-findings.ts'
import type { Fault, Schedule } from './fault-schedule.ts'

/** A schedule for people: what the federation is, and what goes wrong with it, one line each. */
export function scheduleLines({ seed, number, federation, faults }: Schedule): readonly string[] {
  const { strategy, expert, level, view, groups, rounds, deadlineMs, computeMs } = federation
  return [
    `schedule ${number} of seed "${seed}": ${strategy}${expert === null ? '' : ' with an expert'} at ${level} by ${view}, ${groups.length} clients, ${rounds} rounds, ` +
      `deadline ${deadlineMs} ms, work ${computeMs[0]} to ${computeMs[1]} ms`,
    ...faults.map((fault) => `  ${faultLine(fault)}`),
  ]
}

export const violationLine = ({ rule, step, atMs, detail }: Violation): string => `rule ${rule} is broken after step ${step}, at ${atMs} ms: ${detail}`

/** All that is needed to see it again. */
export const findingText = (schedule: Schedule, { violation }: FaultRun): string =>
  [violation === null ? 'no rule is broken' : violationLine(violation), ...scheduleLines(schedule), JSON.stringify(schedule)].join('\n')

function faultLine(fault: Fault): string {
  switch (fault.kind) {
    case 'lag':
      return `at ${fault.atMs} ms, for ${fault.forMs} ms, client ${fault.client} is up to ${fault.moreMs} ms slower`
    case 'lose-down':
      return `from its message ${fault.nth} on client ${fault.client} hears nothing of the server, until the link breaks`
    case 'repeat-down':
      return `message ${fault.nth} to client ${fault.client} comes again ${fault.afterMs} ms later`
    case 'lose-up':
      return `request ${fault.nth} of client ${fault.client} gets lost`
    case 'lose-answer':
      return `the answer to request ${fault.nth} of client ${fault.client} gets lost`
    case 'repeat-up':
      return `request ${fault.nth} of client ${fault.client} comes again ${fault.afterMs} ms later`
    case 'cut':
      return `at ${fault.atMs} ms the link of client ${fault.client} breaks`
    case 'half-open':
      return `at ${fault.atMs} ms, for ${fault.forMs} ms, nothing comes through to or from client ${fault.client}; then its link breaks`
    case 'tab-death':
      return `at ${fault.atMs} ms the tab of client ${fault.client} dies, and a new one is there ${fault.forMs} ms later`
    case 'leave':
      return `at ${fault.atMs} ms client ${fault.client} leaves, for ${fault.forMs} ms`
    case 'pause':
      return `at ${fault.atMs} ms client ${fault.client} pauses, for ${fault.forMs} ms`
    case 'freeze':
      return `at ${fault.atMs} ms the page of client ${fault.client} freezes, for ${fault.forMs} ms`
    case 'crash':
      return `at ${fault.atMs} ms the server dies, for ${fault.downMs} ms`
    case 'crash-at-write':
      return `the server dies ${fault.when} its write ${fault.nth} of ${fault.of === 'event' ? 'events' : 'blobs'} is on disk, for ${fault.downMs} ms`
    case 'slow-disk':
      return `at ${fault.atMs} ms, for ${fault.forMs} ms, a write takes ${fault.writeMs} ms`
    case 'full-disk':
      return `at ${fault.atMs} ms, for ${fault.forMs} ms, there is no room for ${fault.of === 'event' ? 'events' : 'blobs'}`
    case 'clock-jump':
      return `at ${fault.atMs} ms the server's clock is set ${fault.byMs < 0 ? 'back' : 'forward'} by ${Math.abs(fault.byMs)} ms`
    case 'command':
      return `at ${fault.atMs} ms the operator says ${fault.command}`
  }
}
