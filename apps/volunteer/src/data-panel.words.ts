import { formatBytes, inLanguages } from '@shoal/ui'
import type { DataSource } from './data-sources.ts'

type Kind = 'image' | 'table' | 'text' | 'points'

const english: Record<Kind, readonly [one: string, many: string]> = {
  image: ['picture', 'pictures'],
  table: ['row', 'rows'],
  text: ['passage', 'passages'],
  points: ['point', 'points'],
}
const german: Record<Kind, readonly [one: string, many: string]> = {
  image: ['Bild', 'Bilder'],
  table: ['Zeile', 'Zeilen'],
  text: ['Textstelle', 'Textstellen'],
  points: ['Punkt', 'Punkte'],
}

const sourcesEnglish: Record<DataSource, string> = {
  samples: 'Sample data',
  pictures: 'Pictures from this device',
  idx: 'MNIST’s files',
  unlabelled: 'Pictures without labels',
  drawing: 'Own drawings',
  table: 'A table from this device',
  text: 'A text from this device',
}

const sourcesGerman: Record<DataSource, string> = {
  samples: 'Beispieldaten',
  pictures: 'Bilder von diesem Gerät',
  idx: 'MNIST-Dateien',
  unlabelled: 'Bilder ohne Beschriftung',
  drawing: 'Eigene Zeichnungen',
  table: 'Eine Tabelle von diesem Gerät',
  text: 'Ein Text von diesem Gerät',
}

const day = (since: number, locale: string): string => new Date(since).toLocaleString(locale, { dateStyle: 'long', timeStyle: 'short' })

/** The panel in which data are chosen, seen, kept and deleted. */
export const dataWords = inLanguages({
  en: {
    title: 'Your data',
    intro: 'They are used on this device only, and are never sent.',
    fixed: 'You are taking part, so the data stay as they are. Stop the training first to choose others.',
    others: 'Choose other data',
    way: 'Bring your own',
    ways: { files: 'Pictures or files', unlabelled: 'Pictures without labels', drawing: 'Draw', table: 'Table', text: 'Text' },
    samples: 'No data at hand?',
    samplesHint: 'The operator offers some to try it with.',
    useSamples: 'Use sample data',
    trainWithSamples: 'Train with sample data now',
    reading: 'Reading the data',
    readingCount: (done: number, total: number) => `${done.toLocaleString('en')} of ${total.toLocaleString('en')}`,
    source: sourcesEnglish,
    count: (count: number, kind: Kind) => `${count.toLocaleString('en')} ${english[kind][count === 1 ? 0 : 1]}`,
    toTrain: 'to train on,',
    toTest: (count: number) => `${count.toLocaleString('en')} to test on.`,
    ofColumns: (columns: number) =>
      columns === 1 ? 'of 1 number each. All of them are sorted and learnt from.' : `of ${columns} numbers each. All of them are sorted and learnt from.`,
    byClass: 'Examples by class',
    class: 'Class',
    train: 'Train',
    test: 'Test',
    preview: 'The first ones',
    previewOf: (name: string) => `The first pictures of ${name}`,
    noRows: 'No examples',
    missing: (names: readonly string[], more: number) =>
      `There is no example of: ${names.join(', ')}${more > 0 ? ` and ${more.toLocaleString('en')} more` : ''}. You can train all the same; the model learns those classes from others.`,
    leftOut: (count: number) => (count === 1 ? '1 file was left out' : `${count.toLocaleString('en')} files were left out`),
    leftOutMore: (count: number) => `and ${count.toLocaleString('en')} more`,
    because: (name: string, why: string) => `${name} ${why}.`,
  },
  de: {
    title: 'Die Daten',
    intro: 'Sie werden nur auf diesem Gerät benutzt und nie gesendet.',
    fixed: 'Das Training läuft, darum bleiben die Daten, wie sie sind. Um andere zu wählen, zuerst das Training beenden.',
    others: 'Andere Daten wählen',
    way: 'Eigene Daten',
    ways: { files: 'Bilder oder Dateien', unlabelled: 'Bilder ohne Beschriftung', drawing: 'Zeichnen', table: 'Tabelle', text: 'Text' },
    samples: 'Keine Daten zur Hand?',
    samplesHint: 'Zum Ausprobieren gibt es Beispieldaten.',
    useSamples: 'Beispieldaten verwenden',
    trainWithSamples: 'Gleich mit Beispieldaten trainieren',
    reading: 'Daten werden gelesen',
    readingCount: (done: number, total: number) => `${done.toLocaleString('de')} von ${total.toLocaleString('de')}`,
    source: sourcesGerman,
    count: (count: number, kind: Kind) => `${count.toLocaleString('de')} ${german[kind][count === 1 ? 0 : 1]}`,
    toTrain: 'zum Trainieren,',
    toTest: (count: number) => `${count.toLocaleString('de')} zum Testen.`,
    ofColumns: (columns: number) =>
      columns === 1
        ? 'aus je 1 Zahl. Alle werden sortiert, und aus allen wird gelernt.'
        : `aus je ${columns} Zahlen. Alle werden sortiert, und aus allen wird gelernt.`,
    byClass: 'Beispiele nach Klasse',
    class: 'Klasse',
    train: 'Training',
    test: 'Test',
    preview: 'Die ersten',
    previewOf: (name: string) => `Die ersten Bilder von ${name}`,
    noRows: 'Keine Beispiele',
    missing: (names: readonly string[], more: number) =>
      `Kein Beispiel gibt es für: ${names.join(', ')}${more > 0 ? ` und ${more.toLocaleString('de')} weitere` : ''}. Trainiert werden kann trotzdem; diese Klassen lernt das Modell von anderen.`,
    leftOut: (count: number) => (count === 1 ? '1 Datei wurde weggelassen' : `${count.toLocaleString('de')} Dateien wurden weggelassen`),
    leftOutMore: (count: number) => `und ${count.toLocaleString('de')} weitere`,
    because: (name: string, why: string) => `${name} ${why}.`,
  },
})

/** Bringing files. */
export const filesWords = inLanguages({
  en: {
    zone: 'Drop pictures or folders here',
    drop: 'Drop pictures or a folder here, or choose them:',
    dropText: 'Drop a file here, or choose it:',
    files: 'Choose your data files',
    folder: 'Choose a folder',
    hint: (classes: string, shape: string, megabytes: string, most: string) =>
      `One folder for each class, with the class’s name: ${classes}. Pictures are brought to ${shape} here; at most ${most}, each up to ${megabytes}. MNIST’s files (idx) are read too: choose pictures and labels together.`,
    shape: (height: number, width: number, isGrey: boolean) => `${height} by ${width} pixels${isGrey ? ' in grey' : ''}`,
    loose: 'Pictures that lie in no class’s folder',
    looseNone: 'Leave them out',
    looseAs: (name: string) => `Take them as ${name}`,
  },
  de: {
    zone: 'Bilder oder Ordner hier ablegen',
    drop: 'Bilder oder einen Ordner hier ablegen, oder auswählen:',
    dropText: 'Eine Datei hier ablegen, oder auswählen:',
    files: 'Dateien auswählen',
    folder: 'Ordner auswählen',
    hint: (classes: string, shape: string, megabytes: string, most: string) =>
      `Für jede Klasse ein Ordner mit ihrem Namen: ${classes}. Die Bilder werden hier auf ${shape} gebracht; höchstens ${most}, jedes bis ${megabytes}. Auch MNIST-Dateien (idx) werden gelesen: Bilder und Klassen zusammen auswählen.`,
    shape: (height: number, width: number, isGrey: boolean) => `${height} mal ${width} Pixel${isGrey ? ' in Grau' : ''}`,
    loose: 'Bilder, die in keinem Ordner einer Klasse liegen',
    looseNone: 'Weglassen',
    looseAs: (name: string) => `Als ${name} nehmen`,
  },
})

/** Drawing examples. */
export const drawnWords = inLanguages({
  en: {
    class: 'What do you draw?',
    pad: (name: string) => `Field to draw ${name}`,
    added: (name: string, count: number) => `Added to ${name}: ${count} drawn so far.`,
    title: (count: number) => (count === 1 ? '1 drawing' : `${count} drawings`),
    of: (name: string, index: number) => `${name}, drawing ${index}`,
    remove: (name: string, index: number) => `Remove ${name}, drawing ${index}`,
    removeShort: 'Remove',
    removed: (name: string) => `One drawing of ${name} was removed.`,
    use: (count: number) => (count === 1 ? 'Train on this drawing' : `Train on these ${count} drawings`),
    few: (least: number) => `At least ${least} drawings are needed; the more, the better.`,
    file: 'Pictures in files work just as well: choose “Pictures or files” above.',
  },
  de: {
    class: 'Was wird gezeichnet?',
    pad: (name: string) => `Feld zum Zeichnen von ${name}`,
    added: (name: string, count: number) => `Zu ${name} hinzugefügt: bisher ${count} gezeichnet.`,
    title: (count: number) => (count === 1 ? '1 Zeichnung' : `${count} Zeichnungen`),
    of: (name: string, index: number) => `${name}, Zeichnung ${index}`,
    remove: (name: string, index: number) => `${name}, Zeichnung ${index}, entfernen`,
    removeShort: 'Entfernen',
    removed: (name: string) => `Eine Zeichnung von ${name} wurde entfernt.`,
    use: (count: number) => (count === 1 ? 'Mit dieser Zeichnung trainieren' : `Mit diesen ${count} Zeichnungen trainieren`),
    few: (least: number) => `Nötig sind mindestens ${least} Zeichnungen; je mehr, desto besser.`,
    file: 'Bilder in Dateien gehen genauso gut: oben „Bilder oder Dateien“ wählen.',
  },
})

/** What stays on the device, and how to get rid of it. */
export const keepingWords = inLanguages({
  en: {
    title: 'On this device',
    off: 'This browser keeps nothing for this page (a private window, or storage is switched off): the data are gone when you close or reload it.',
    empty:
      'Data that you choose are kept in this browser, so that they are here again after a reload or on your next visit. A private window forgets them when it is closed.',
    writing: 'The data are being kept in this browser …',
    kept: (since: number, examples: string, bytes: number) => `Kept on this device since ${day(since, 'en')}: ${examples}, ${formatBytes(bytes)}.`,
    before: 'You chose these data on an earlier visit; they are used again now.',
    failed: 'This browser had no room to keep the data. They are used now, and are gone when you close or reload this page.',
    delete: 'Delete my data from this device',
    deleteHint: 'Deletes the examples from this browser and stops training. Your own files stay where they are.',
    deleted: (left: number, before: number) =>
      left + before === 0
        ? 'Looked again: this browser holds no data of yours for this training.'
        : left === 0
          ? `Deleted. Looked again: 0 bytes of ${formatBytes(before)} are left in this browser.`
          : `Not everything could be deleted: ${formatBytes(left)} of ${formatBytes(before)} are still there.`,
    forget: 'Forget me on this device',
    forgetHint:
      'Deletes the data, and with them the key by which the server knows this device, its session, its models, its count of spent privacy and your consent. What this device already gave stays in the models. When you come back you are a new volunteer: without your group, and with a privacy budget that begins anew.',
    forgetSure: 'Yes, forget me',
    forgetNot: 'Keep everything',
    forgotten: (left: number, before: number) =>
      left === 0
        ? `Forgotten. Looked again: 0 of ${before} other entries are left.`
        : `Not everything could be forgotten: ${left} of ${before} other entries are still there.`,
  },
  de: {
    title: 'Auf diesem Gerät',
    off: 'Dieser Browser behält nichts von dieser Seite (privates Fenster, oder der Speicher ist abgeschaltet): beim Schließen oder Neuladen sind die Daten weg.',
    empty:
      'Ausgewählte Daten bleiben in diesem Browser, damit sie nach dem Neuladen oder beim nächsten Besuch wieder da sind. Ein privates Fenster vergisst sie beim Schließen.',
    writing: 'Die Daten werden in diesem Browser abgelegt …',
    kept: (since: number, examples: string, bytes: number) => `Auf diesem Gerät seit ${day(since, 'de')}: ${examples}, ${formatBytes(bytes, 'de')}.`,
    before: 'Diese Daten wurden bei einem früheren Besuch ausgewählt; sie werden jetzt wieder verwendet.',
    failed: 'Der Browser hatte keinen Platz für die Daten. Jetzt werden sie verwendet; beim Schließen oder Neuladen sind sie weg.',
    delete: 'Daten von diesem Gerät löschen',
    deleteHint: 'Löscht die Beispiele aus diesem Browser und beendet das Training. Die eigenen Dateien bleiben, wo sie sind.',
    deleted: (left: number, before: number) =>
      left + before === 0
        ? 'Nachgesehen: In diesem Browser liegen keine Daten für dieses Training.'
        : left === 0
          ? `Gelöscht. Nachgesehen: 0 Byte von ${formatBytes(before, 'de')} sind noch in diesem Browser.`
          : `Nicht alles ließ sich löschen: ${formatBytes(left, 'de')} von ${formatBytes(before, 'de')} sind noch da.`,
    forget: 'Dieses Gerät vergessen lassen',
    forgetHint:
      'Löscht die Daten und mit ihnen den Schlüssel, an dem der Server dieses Gerät erkennt, die Sitzung, die Modelle, den Stand der verbrauchten Privatsphäre und die Zustimmung. Was dieses Gerät schon beigetragen hat, bleibt in den Modellen. Beim nächsten Besuch ist es ein neues Gerät: ohne seine Gruppe, und mit einem neu beginnenden Privatsphäre-Budget.',
    forgetSure: 'Ja, vergessen',
    forgetNot: 'Alles behalten',
    forgotten: (left: number, before: number) =>
      left === 0
        ? `Vergessen. Nachgesehen: 0 von ${before} weiteren Einträgen sind noch da.`
        : `Nicht alles ließ sich vergessen: ${left} von ${before} weiteren Einträgen sind noch da.`,
  },
})
