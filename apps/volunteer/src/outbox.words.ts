import type { Comparison, OutboxPurpose, Trouble } from '@shoal/client'
import type { SumPurpose } from '@shoal/protocol'
import { inLanguages } from '@shoal/ui'

/** Counts are numbers, volumes and lists are words already. */
export interface OutboxWords {
  readonly title: string
  readonly nothingYet: string
  readonly total: (messages: number, volume: string) => string
  readonly beside: string
  readonly myUpdate: (round: number | null) => string
  readonly mine: Readonly<Record<'update' | 'numbers', string>>
  readonly wasSent: string
  readonly sumsTitle: string
  readonly sumsCaption: string
  readonly columns: { readonly round: string; readonly others: string; readonly inSum: string; readonly checked: string; readonly epsilon: string }
  readonly none: string
  readonly everyMessage: string
  readonly lastListed: (most: number) => string
  readonly troublesTitle: string
  readonly withClear: (rounds: number) => string
  readonly save: string
  readonly beforeFirst: string
  readonly round: (round: number) => string
  readonly messages: (messages: number, volume: string) => string
  readonly aSum: string
  readonly passedMark: string
  readonly failedMark: string
  readonly openMark: string
  readonly startsWith: string
  readonly numbersAndSent: string
  readonly spread: (least: string, most: string) => string
  readonly purposes: Readonly<Record<OutboxPurpose, string>>
  readonly sumTitles: Readonly<Record<SumPurpose, string>>
  readonly checks: Readonly<Record<'manifest' | 'roster' | 'proposal' | 'result' | 'recomputed', string>>
  readonly range: (least: number, most: number) => string
  readonly budget: (spent: string, budget: string) => string
  readonly allPassed: (sums: number, recomputed: number) => string
  readonly partlyPassed: (passed: number, sums: number, recomputed: number, isRunning: boolean) => string
  readonly refused: (reason: string) => string
  readonly notFinished: (reason: string) => string
  readonly running: string
  readonly passed: string
  readonly thisDeviceRefused: (reason: string) => string
  readonly endedWithout: string
  readonly agreed: (others: number) => string
  readonly allIn: (others: number, members: number) => string
  readonly someIn: (others: number, members: number, survivors: number) => string
  readonly troubles: Readonly<Record<Trouble['kind'], string>>
  readonly times: (times: number) => string
  readonly captions: Readonly<Record<Comparison['hiddenBy'], { readonly clear: string; readonly sent: string }>>
  readonly which: (places: number, length: number) => string
  readonly ofOneAnswer: (which: string) => string
  readonly between: (what: string, which: string, least: string, most: string) => string
  readonly spreadByRule: string
  readonly chartReaches: (least: string, most: string) => string
  readonly theNumbers: string
  readonly beforeAndAfter: string
  readonly place: string
}

const number = (value: number): string => value.toLocaleString('en')
const plural = (count: number, one: string, many: string): string => `${number(count)} ${count === 1 ? one : many}`
const zahl = (value: number): string => value.toLocaleString('de')
const mehrzahl = (count: number, one: string, many: string): string => `${zahl(count)} ${count === 1 ? one : many}`

export const outboxWords = inLanguages<OutboxWords>({
  en: {
    title: 'What left my device',
    nothingYet: 'Nothing yet',
    total: (messages, volume) => `${plural(messages, 'message', 'messages')}, ${volume}`,
    beside: ' beside the requests for this page, the invitation and, if you asked for them, the sample data.',
    myUpdate: (round) => (round === null ? 'My update' : `My update in round ${round}`),
    mine: { update: 'My update', numbers: 'My numbers' },
    wasSent: 'What was sent',
    sumsTitle: 'The sums I was in',
    sumsCaption: 'The sums I was in, newest first',
    columns: { round: 'Round', others: 'Others', inSum: 'In the sum', checked: 'What this device checked', epsilon: 'Privacy spent (ε)' },
    none: 'None yet.',
    everyMessage: 'Every message, the newest first',
    lastListed: (most) => `The last ${most} are listed.`,
    troublesTitle: 'What did not go as planned',
    withClear: (rounds) => `With my own numbers of the last ${rounds} rounds, before they were hidden. Whoever gets the file can read them.`,
    save: 'Save this list as a file',
    beforeFirst: 'Before the first round',
    round: (round) => `Round ${round}`,
    messages: (messages, volume) => `${plural(messages, 'message', 'messages')}, ${volume}`,
    aSum: 'A sum',
    passedMark: 'Passed: ',
    failedMark: 'Not passed: ',
    openMark: 'Not yet: ',
    startsWith: 'starts with',
    numbersAndSent: 'My numbers, and what was sent',
    spread: (least, most) => `Each of 16 kinds of bytes: ${least} to ${most}`,
    purposes: {
      join: 'Proves that this browser is the same volunteer as before, and names the policy you agreed to.',
      where: 'Asks where the training stands.',
      ready: 'Says whether this device can take part now.',
      'sit-out': 'Says that this device will not answer a request, and why.',
      placed: 'Names the group that your data belong to, as this device found out. Nothing else of the comparison leaves it.',
      'enter-sum': 'Says that your answer is ready to be masked together with those of others.',
      'sum-frame': 'Agrees on masks with the others of the same sum. Holds keys and shares of secrets, nothing of your data.',
      advertisement: 'Keys made for this one sum, signed by this browser, with which the others of the sum agree on masks. Holds nothing of your data.',
      sharesOut: 'Pieces of the secrets behind your masks, each encrypted to one other of the sum, in case this device goes away. Holds nothing of your data.',
      unmask: 'Helps to open the sum over all, and only that: names who is in it, and gives one piece of a secret for each. Holds nothing of your data.',
      'masked-words': 'What this device worked out from your data, under masks that only the sum over all takes away.',
      leave: 'Says goodbye.',
      'fetch-model': 'Asks for a model, or public numbers that go with it, by fingerprint.',
      contribution: 'What this device worked out from your data, encrypted so that only the aggregator can open it.',
    },
    sumTitles: {
      update: 'Sum of what training gave',
      metric: 'Sum of the test results',
      count: 'Count of who belongs where',
      hist: 'Histogram',
      moment: 'Sum of sketches of the updates',
      power: 'Comparison of directions',
      lloyd: 'Sides of a group that may split',
      reserve: 'Drawing of places in a table without names',
      rows: 'Table without names',
    },
    checks: {
      manifest: 'It asks for what you agreed to.',
      roster: 'Everyone in it signed for their own keys.',
      proposal: 'Your numbers are in it, among enough others.',
      result: 'The others signed for the same members.',
      recomputed: 'The result was computed again here, and is right.',
    },
    range: (least, most) => `${least} to ${most}`,
    budget: (spent, budget) => `${spent} of ${budget}`,
    allPassed: (sums, recomputed) => `All passed in ${plural(sums, 'sum', 'sums')}${recomputed === 0 ? '' : `, ${recomputed} recomputed here`}.`,
    partlyPassed: (passed, sums, recomputed, isRunning) =>
      `Passed in ${passed} of ${plural(sums, 'sum', 'sums')}${isRunning ? ' so far' : ''}${recomputed === 0 ? '' : `, ${recomputed} recomputed here`}.`,
    refused: (reason) => `Refused: ${reason}`,
    notFinished: (reason) => `Not finished: ${reason}`,
    running: 'Under way.',
    passed: 'Passed.',
    thisDeviceRefused: (reason) => `This device refused: ${reason}`,
    endedWithout: 'Ended without a result that this device was told of.',
    agreed: (others) => `You and ${plural(others, 'other', 'others')} agreed on masks.`,
    allIn: (others, members) => `You and ${plural(others, 'other', 'others')} agreed on masks, and all ${members} are in the sum.`,
    someIn: (others, members, survivors) => `You and ${plural(others, 'other', 'others')} agreed on masks; ${survivors} of these ${members} are in the sum.`,
    troubles: {
      'link-lost': 'No link to the server, or it was lost',
      'sat-out': 'Request that this device did not answer',
      'frame-ignored': 'Message of a sum that came out of turn, and was ignored',
      'sum-failed': 'Masked sum that this device left or refused',
      'sum-refuted': 'Result of a sum that was not true',
    },
    times: (times) => (times === 1 ? '' : ` (${times} times)`),
    captions: {
      masks: {
        clear:
          'What this device computed from your data, in the form in which it is added up, with its noise where this level adds any. These numbers stay in this page’s memory.',
        sent: 'What left in their place: your numbers under masks, which look like noise. Only the sum over all members takes the masks away.',
      },
      encryption: {
        clear: 'What this device computed from your data. These numbers stay in this page’s memory, and leave it only encrypted.',
        sent: 'What left in their place: the same bytes, encrypted. The aggregator alone can open them.',
      },
    },
    which: (places, length) => (places === length ? `All ${plural(length, 'number', 'numbers')}` : `${places} of ${plural(length, 'number', 'numbers')}`),
    ofOneAnswer: (which) => `${which} of one answer`,
    between: (what, which, least, most) => `${what}: ${which.toLowerCase()}, between ${least} and ${most}`,
    spreadByRule: 'A public rule has spread them over all places, which by itself hides nothing.',
    chartReaches: (least, most) => `The chart reaches from ${least} to ${most}.`,
    theNumbers: 'The numbers',
    beforeAndAfter: 'The same numbers before and after',
    place: 'Place',
  },
  de: {
    title: 'Was mein Gerät verlassen hat',
    nothingYet: 'Noch nichts',
    total: (messages, volume) => `${mehrzahl(messages, 'Nachricht', 'Nachrichten')}, ${volume}`,
    beside: ' neben den Anfragen nach dieser Seite, der Einladung und, falls gewünscht, den Beispieldaten.',
    myUpdate: (round) => (round === null ? 'Mein Ergebnis' : `Mein Ergebnis in Runde ${round}`),
    mine: { update: 'Mein Ergebnis', numbers: 'Meine Zahlen' },
    wasSent: 'Was gesendet wurde',
    sumsTitle: 'Die Summen, in denen ich war',
    sumsCaption: 'Die Summen, in denen ich war, die neueste zuerst',
    columns: { round: 'Runde', others: 'Andere', inSum: 'In der Summe', checked: 'Was dieses Gerät geprüft hat', epsilon: 'Verbrauchte Privatheit (ε)' },
    none: 'Noch keine.',
    everyMessage: 'Jede Nachricht, die neueste zuerst',
    lastListed: (most) => `Die letzten ${most} sind aufgeführt.`,
    troublesTitle: 'Was nicht nach Plan lief',
    withClear: (rounds) => `Mit meinen eigenen Zahlen der letzten ${rounds} Runden, bevor sie verborgen wurden. Wer die Datei bekommt, kann sie lesen.`,
    save: 'Diese Liste als Datei speichern',
    beforeFirst: 'Vor der ersten Runde',
    round: (round) => `Runde ${round}`,
    messages: (messages, volume) => `${mehrzahl(messages, 'Nachricht', 'Nachrichten')}, ${volume}`,
    aSum: 'Eine Summe',
    passedMark: 'Bestanden: ',
    failedMark: 'Nicht bestanden: ',
    openMark: 'Noch nicht: ',
    startsWith: 'beginnt mit',
    numbersAndSent: 'Meine Zahlen, und was gesendet wurde',
    spread: (least, most) => `Jede von 16 Arten von Bytes: ${least} bis ${most}`,
    purposes: {
      join: 'Beweist, dass dieser Browser derselbe Freiwillige ist wie zuvor, und nennt die Bedingungen, denen Sie zugestimmt haben.',
      where: 'Fragt, wie weit das Training ist.',
      ready: 'Sagt, ob dieses Gerät jetzt teilnehmen kann.',
      'sit-out': 'Sagt, dass dieses Gerät auf eine Anfrage nicht antwortet, und warum.',
      placed: 'Nennt die Gruppe, zu der Ihre Daten gehören, wie dieses Gerät herausgefunden hat. Sonst verlässt nichts von dem Vergleich das Gerät.',
      'enter-sum': 'Sagt, dass Ihre Antwort bereit ist, mit denen anderer zusammen überdeckt zu werden.',
      'sum-frame': 'Vereinbart Überdeckungen mit den anderen derselben Summe. Enthält Schlüssel und Teile von Geheimnissen, nichts von Ihren Daten.',
      advertisement:
        'Schlüssel für diese eine Summe, von diesem Browser unterschrieben, mit denen die anderen der Summe Überdeckungen vereinbaren. Enthält nichts von Ihren Daten.',
      sharesOut:
        'Teile der Geheimnisse hinter Ihren Überdeckungen, jeder für einen anderen der Summe verschlüsselt, falls dieses Gerät verschwindet. Enthält nichts von Ihren Daten.',
      unmask:
        'Hilft, die Summe über alle zu öffnen, und nur diese: nennt, wer darin ist, und gibt für jeden einen Teil eines Geheimnisses. Enthält nichts von Ihren Daten.',
      'masked-words': 'Was dieses Gerät aus Ihren Daten errechnet hat, unter Überdeckungen, die nur die Summe über alle aufhebt.',
      leave: 'Verabschiedet sich.',
      'fetch-model': 'Fragt nach einem Modell oder nach öffentlichen Zahlen dazu, über deren Fingerabdruck.',
      contribution: 'Was dieses Gerät aus Ihren Daten errechnet hat, so verschlüsselt, dass nur der Server des Betreibers es öffnen kann.',
    },
    sumTitles: {
      update: 'Summe dessen, was das Training ergab',
      metric: 'Summe der Testergebnisse',
      count: 'Zählung, wer wohin gehört',
      hist: 'Häufigkeiten',
      moment: 'Summe von Skizzen der Ergebnisse',
      power: 'Vergleich von Richtungen',
      lloyd: 'Seiten einer Gruppe, die sich teilen könnte',
      reserve: 'Auslosung der Plätze in einer Tabelle ohne Namen',
      rows: 'Tabelle ohne Namen',
    },
    checks: {
      manifest: 'Sie fragt nach dem, wozu Sie zugestimmt haben.',
      roster: 'Alle darin haben für ihre eigenen Schlüssel unterschrieben.',
      proposal: 'Ihre Zahlen sind darin, unter genügend anderen.',
      result: 'Die anderen haben für dieselben Mitglieder unterschrieben.',
      recomputed: 'Das Ergebnis wurde hier nachgerechnet und stimmt.',
    },
    range: (least, most) => `${least} bis ${most}`,
    budget: (spent, budget) => `${spent} von ${budget}`,
    allPassed: (sums, recomputed) => `Alle bestanden, in ${mehrzahl(sums, 'Summe', 'Summen')}${recomputed === 0 ? '' : `, ${recomputed} hier nachgerechnet`}.`,
    partlyPassed: (passed, sums, recomputed, isRunning) =>
      `Bestanden in ${passed} von ${mehrzahl(sums, 'Summe', 'Summen')}${isRunning ? ' bis jetzt' : ''}${recomputed === 0 ? '' : `, ${recomputed} hier nachgerechnet`}.`,
    refused: (reason) => `Abgelehnt: ${reason}`,
    notFinished: (reason) => `Nicht beendet: ${reason}`,
    running: 'Läuft noch.',
    passed: 'Bestanden.',
    thisDeviceRefused: (reason) => `Dieses Gerät hat abgelehnt: ${reason}`,
    endedWithout: 'Endete ohne ein Ergebnis, von dem dieses Gerät erfahren hätte.',
    agreed: (others) => `Sie und ${mehrzahl(others, 'anderer', 'andere')} haben Überdeckungen vereinbart.`,
    allIn: (others, members) => `Sie und ${mehrzahl(others, 'anderer', 'andere')} haben Überdeckungen vereinbart, und alle ${members} sind in der Summe.`,
    someIn: (others, members, survivors) =>
      `Sie und ${mehrzahl(others, 'anderer', 'andere')} haben Überdeckungen vereinbart; ${survivors} von diesen ${members} sind in der Summe.`,
    troubles: {
      'link-lost': 'Keine Verbindung zum Server, oder sie ging verloren',
      'sat-out': 'Anfrage, auf die dieses Gerät nicht geantwortet hat',
      'frame-ignored': 'Nachricht einer Summe, die nicht an der Reihe war und nicht beachtet wurde',
      'sum-failed': 'Überdeckte Summe, die dieses Gerät verlassen oder abgelehnt hat',
      'sum-refuted': 'Ergebnis einer Summe, das nicht stimmte',
    },
    times: (times) => (times === 1 ? '' : ` (${times}-mal)`),
    captions: {
      masks: {
        clear:
          'Was dieses Gerät aus Ihren Daten errechnet hat, in der Form, in der es zusammengezählt wird, mit seinem Rauschen, wo diese Stufe welches hinzufügt. Diese Zahlen bleiben im Speicher dieser Seite.',
        sent: 'Was an ihrer Stelle hinausging: Ihre Zahlen unter Überdeckungen, die wie Rauschen aussehen. Nur die Summe über alle Mitglieder hebt sie auf.',
      },
      encryption: {
        clear: 'Was dieses Gerät aus Ihren Daten errechnet hat. Diese Zahlen bleiben im Speicher dieser Seite und verlassen sie nur verschlüsselt.',
        sent: 'Was an ihrer Stelle hinausging: dieselben Bytes, verschlüsselt. Nur der Server des Betreibers kann sie öffnen.',
      },
    },
    which: (places, length) => (places === length ? `Alle ${mehrzahl(length, 'Zahl', 'Zahlen')}` : `${places} von ${mehrzahl(length, 'Zahl', 'Zahlen')}`),
    ofOneAnswer: (which) => `${which} einer Antwort`,
    between: (what, which, least, most) => `${what}: ${which}, zwischen ${least} und ${most}`,
    spreadByRule: 'Eine öffentliche Regel hat sie über alle Plätze verteilt, was allein nichts verbirgt.',
    chartReaches: (least, most) => `Das Bild reicht von ${least} bis ${most}.`,
    theNumbers: 'Die Zahlen',
    beforeAndAfter: 'Dieselben Zahlen vorher und nachher',
    place: 'Platz',
  },
})
